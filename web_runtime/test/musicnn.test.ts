import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { musicnn } from '../src/models/musicnn.js';
import { fakeModel } from './fake.js';

const manifest = { labels: ['calm', 'loud'], preprocessing: { sampleRate: 16_000, nFft: 512, hop: 256, bands: 96, frames: 187, gain: 10_000 } };
const model = musicnn(
  fakeModel('musicnn', manifest, ({ patches }) => {
    const rows = patches!.shape[0]!;
    const data = Float32Array.from({ length: 2 * rows }, (_, at) => (at % 2 === 0 ? 0.2 : 0.7));
    return { logits: { shape: [rows, 2], data }, probability: { shape: [rows, 2], data } };
  }),
);

describe('musicnn', () => {
  it('tags a recording, the likeliest tag first, and patch by patch', async () => {
    const { tags, overTime } = await model.tag({ samples: Float32Array.from({ length: 16_000 * 10 }, (_, at) => Math.sin(at)), sampleRate: 16_000 });
    expect(tags.map(({ label }) => label)).toEqual(['loud', 'calm']);
    expect(tags[0]!.probability).toBeCloseTo(0.7);
    expect(overTime.map(({ start }) => start)).toEqual([0, 2.992, 5.984]);
  });

  it('runs many patches a few at a time', async () => {
    expect((await model.logits(new Float32Array(40 * 187 * 96))).length).toBe(80);
  });

  it('refuses less than a patch, and patches of another size', async () => {
    await expect(model.tag({ samples: new Float32Array(16_000), sampleRate: 16_000 })).rejects.toThrow('expected at least 2.976 s of audio, got 1.000 s');
    await expect(model.tagPatches(new Float32Array(7))).rejects.toThrow(InputError);
  });
});
