import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Frames } from '../../src/audio/frames.js';
import { median } from '../../src/audio/median.js';
import { onsetStrength } from '../../src/audio/onset.js';

describe('median', () => {
  it('is the middle of the sorted values', () => {
    fc.assert(
      fc.property(fc.float64Array({ minLength: 1, maxLength: 50, noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), (values) => {
        const sorted = values.slice().sort();
        const [lower, upper] = [sorted[(values.length - 1) >> 1]!, sorted[values.length >> 1]!];
        expect(median(values.slice())).toBe(lower === upper ? upper : (lower + upper) / 2);
      }),
    );
  });

  it('of equal values is theirs', () => expect(median(new Float32Array(100).fill(0.5))).toBe(0.5));
  it('of nothing is no number', () => expect(median(new Float32Array(0))).toBeNaN());
});

describe('onset strength', () => {
  /** Four bands; band `b` rises by `rise[b]` dB at the frame. */
  const step = (count: number, at: number, rise: readonly number[]): Frames => ({
    values: Float32Array.from({ length: count * 4 }, (_, index) => (Math.floor(index / 4) >= at ? rise[index % 4]! : 0)),
    count,
    size: 4,
  });

  it('is the mean or the median of what the bands gain, two frames later, and nothing elsewhere', () => {
    const logMel = step(12, 5, [1, 2, 4, -20]);
    expect([...onsetStrength(logMel)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1.75, 0, 0, 0, 0]);
    expect(onsetStrength(logMel, { aggregate: 'median' })[7]).toBe(1.5);
    expect(onsetStrength(logMel, { bands: [2, 3], centring: 0 })[5]).toBe(4);
  });

  it('does not hear how loud a signal is as a whole', () => {
    const logMel = step(12, 5, [1, 2, 4, -20]);
    expect(onsetStrength({ ...logMel, values: logMel.values.map((value) => value - 32) })).toEqual(onsetStrength(logMel));
  });

  it('is 0 for a single frame', () => expect([...onsetStrength(step(1, 0, [1, 1, 1, 1]))]).toEqual([0]));

  it('refuses bands that are not there', () => {
    expect(() => onsetStrength(step(3, 1, [1, 1, 1, 1]), { bands: [2, 5] })).toThrow('bands within 0 to 4, got 2 to 5');
  });
});
