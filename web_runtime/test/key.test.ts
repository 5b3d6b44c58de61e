import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import type { ModelHandle } from '../src/facade.js';
import { key } from '../src/models/key.js';
import { steadyKeys } from '../src/music/key-path.js';
import { hearPitches } from '../src/music/pitches.js';
import { fakeModel } from './fake.js';

const grid = { sampleRate: 22_050, nFft: 8192, hop: 4096, lowest: 100, highest: 2200, share: 0.005, width: 0.6, surroundings: Math.SQRT2, outstanding: 30, quiet: 1e-3 };
const tonics = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B'];
const labels = ['major', 'minor'].flatMap((mode) => tonics.map((tonic) => `${tonic} ${mode}`));
const preprocessing = {
  ...grid,
  ...{ reach: 2, sharpness: 16, lags: [5, 10], frames: 16, shortest: 2, silence: 1e-3, alternatives: 4, window: 43, step: 22, stay: 0.95, trust: 0.5 },
  camelot: labels.map((_, index) => `camelot ${index}`),
};
const KEYS = 24;

/** A model that finds the key whose tonic's pitch class is the strongest, always minor. */
const strongest = (): ModelHandle =>
  fakeModel('key', { labels, preprocessing }, ({ pitch_classes: classes }) => {
    const rows = classes!.shape[0]!;
    const data = new Float32Array(rows * KEYS).fill(0.5 / (KEYS - 1));
    for (let row = 0; row < rows; row++) {
      const chroma = Array.from(classes!.data.subarray(row * 72, row * 72 + 12));
      data[row * KEYS + 12 + chroma.indexOf(Math.max(...chroma))] = 0.5;
    }
    return { probability: { shape: [rows, KEYS], data } };
  });

/** Tones of so many seconds each, as MIDI pitches. */
function tones(pitches: readonly number[], seconds: number, sampleRate = 22_050, cents = 0) {
  const each = Math.round(seconds * sampleRate);
  const samples = new Float32Array(each * pitches.length);
  pitches.forEach((pitch, at) => {
    const hz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12);
    for (let sample = 0; sample < each; sample++) samples[at * each + sample] = 0.5 * Math.sin((2 * Math.PI * hz * sample) / sampleRate);
  });
  return { samples, sampleRate };
}

describe('pitch classes', () => {
  it('find tones at any tuning, and the tuning', () => {
    for (const cents of [-40, 0, 40]) {
      const { chroma, tuning, frame } = hearPitches(tones([66], 3, 22_050, cents).samples, grid);
      expect(100 * tuning).toBeCloseTo(cents, 0);
      const rows = frame.map((_, at) => Array.from(chroma.subarray(24 * at, 24 * at + 12)));
      expect(rows.slice(1, -1).map((row) => row.indexOf(1))).toEqual(rows.slice(1, -1).map(() => 6));
    }
  });

  it('leave out frames without sound', () => {
    const { samples } = tones([60], 4);
    samples.fill(0, samples.length / 2);
    const { frame } = hearPitches(samples, grid);
    expect(Math.max(...frame) * grid.hop).toBeLessThan(samples.length / 2 + grid.nFft);
  });
});

describe('key', () => {
  it('names the likeliest key, and the next ones in order', async () => {
    const answer = await key(strongest()).estimate(tones([66], 3));
    expect(answer).toMatchObject({ key: 'F# minor', camelot: 'camelot 18', confidence: 0.5 });
    expect(answer.alternatives).toHaveLength(4);
    expect(answer.overTime).toMatchObject([{ start: 0, end: 3, key: 'F# minor', camelot: 'camelot 18' }]);
  });

  it('tells a change of key in even windows that end with the recording', async () => {
    const { overTime } = await key(strongest()).estimate(tones([60, 67], 20));
    expect(overTime[0]!.key).toBe('C minor');
    expect(overTime.at(-1)!.key).toBe('G minor');
    expect(overTime.at(-1)!.end).toBeCloseTo(40, 1);
    const change = overTime.find((moment) => moment.key === 'G minor')!;
    expect((change.start + change.end) / 2).toBeGreaterThan(16);
    expect((change.start + change.end) / 2).toBeLessThan(24);
  });

  it('answers silence without running the graph', async () => {
    const model = { ...strongest(), run: () => Promise.reject(new Error('ran')) };
    const silence = { samples: new Float32Array(90_000), sampleRate: 22_050 };
    expect(await key(model).estimate(silence)).toEqual({ key: null, camelot: null, confidence: 0, alternatives: [], overTime: [], tuning: 0 });
    expect(() => key(model).features(silence)).toThrow(InputError);
  });

  it('refuses what is shorter than two seconds, and features that are none', async () => {
    const model = key(strongest());
    await expect(model.estimate(tones([60], 1.5))).rejects.toThrow('expected at least 2 s of audio, got 1.500 s');
    const transitions = new Float32Array(576);
    expect(() => model.encode({ pitchClasses: new Float32Array(5), transitions })).toThrow('pitchClasses expects a Float32Array of 6 x 12');
    expect(() => model.encode({ pitchClasses: new Float32Array(72).fill(NaN), transitions })).toThrow(InputError);
  });

  it('is offered to analyze', () => {
    expect(Object.keys(key(strongest()).analyses)).toEqual(['key']);
  });
});

describe('keys over time', () => {
  const sure = (index: number, probability: number) => Array.from({ length: KEYS }, (_, at) => (at === index ? probability : (1 - probability) / (KEYS - 1)));

  it('overrule one window that says otherwise, and follow many', () => {
    const best = (rows: number[][]) => rows.map((row) => row.indexOf(Math.max(...row)));
    expect(best(steadyKeys([3, 3, 3, 5, 3, 3].map((index) => sure(index, 0.5)), { stay: 0.95, trust: 0.5 }))).toEqual([3, 3, 3, 3, 3, 3]);
    expect(best(steadyKeys([3, 3, 3, 5, 5, 5].map((index) => sure(index, 0.9)), { stay: 0.95, trust: 0.5 }))).toEqual([3, 3, 3, 5, 5, 5]);
  });

  it('are probabilities, whatever the windows say', () => {
    const window = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: KEYS, maxLength: KEYS });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 8 }), (windows) => {
        for (const row of steadyKeys(windows, { stay: 0.95, trust: 0.5 })) {
          expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
          expect(row.every((each) => each >= 0)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
