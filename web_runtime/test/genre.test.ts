import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import type { ModelHandle } from '../src/facade.js';
import { genre } from '../src/models/genre.js';
import { musicnn } from '../src/models/musicnn.js';
import { fakeModel } from './fake.js';

const grid = { sampleRate: 16_000, nFft: 512, hop: 256, bands: 96, frames: 187, gain: 10_000 };
const heard = { sampleRate: 22_050, nFft: 2048, hop: 512, bands: 128, frames: 387, spread: 387.5, seconds: 30, shortest: 3, silence: 1e-3, patches: 10 };
const zeros = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });

const tagger = musicnn(
  fakeModel('musicnn', { labels: Array.from({ length: 50 }, (_, at) => `tag ${at}`), preprocessing: grid }, ({ patches }) => ({
    logits: zeros(patches!.shape[0]!, 50),
    probability: zeros(patches!.shape[0]!, 50),
  })),
);
const row = (...values: number[]) => ({ shape: [1, 2], data: Float32Array.from(values) });
const answering = (run: ModelHandle['run']): ModelHandle =>
  ({ ...fakeModel('genre', { labels: ['jazz', 'rock'], preprocessing: heard }, () => ({})), run, suite: { musicnn: tagger } }) as unknown as ModelHandle;
const noise = (seconds: number, sampleRate: number) => ({ samples: Float32Array.from({ length: seconds * sampleRate }, (_, at) => 0.1 * Math.sin(at * at)), sampleRate });

describe('genre', () => {
  it('sorts the genres, and multiplies what even windows of 30 s say', async () => {
    const answers = [row(0.8, 0.2), row(0.4, 0.6)];
    const model = genre(answering(() => Promise.resolve({ probability: answers.shift()!, over_time: zeros(1, 10, 2) })));
    const { label, probabilities, overTime } = await model.classify(noise(45, 8000));
    expect(label).toBe('jazz');
    expect(probabilities.map(({ label: name }) => name)).toEqual(['jazz', 'rock']);
    expect(probabilities[0]!.probability).toBeCloseTo(0.32 / 0.44, 5);
    expect(overTime.length).toBe(20);
    expect(overTime.at(-1)!.end).toBeCloseTo(45, 1);
  });

  it('repeats a short clip, and tells of no moment beyond its end', async () => {
    const model = genre(answering(() => Promise.resolve({ probability: row(0.1, 0.9), over_time: zeros(1, 10, 2) })));
    const { label, overTime } = await model.classify(noise(7, 8000));
    expect(label).toBe('rock');
    expect(overTime.map(({ start }) => Math.round(start))).toEqual([0, 3]);
  });

  it('answers silence without running the graph', async () => {
    const model = genre(answering(() => Promise.reject(new Error('ran'))));
    expect(await model.classify({ samples: new Float32Array(90_000), sampleRate: 22_050 })).toEqual({ label: null, probabilities: [], overTime: [], silent: true });
  });

  it('refuses what is shorter than three seconds, and features of another size', async () => {
    const model = genre(answering(() => Promise.reject(new Error('ran'))));
    await expect(model.classify(noise(2, 8000))).rejects.toThrow(InputError);
    expect(() => model.encode({ tags: new Float32Array(500), mel: new Float32Array(5) })).toThrow('mel expects a Float32Array of 387 x 128 finite values, got 5 values');
  });
});
