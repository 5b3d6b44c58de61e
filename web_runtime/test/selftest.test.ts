import { describe, expect, it } from 'vitest';

import { largestError } from '../src/selftest.js';

const row = (...data: number[]) => ({ shape: [1, data.length], data });

describe('largestError', () => {
  it('takes the difference itself, or relates it to the largest magnitude of its row', () => {
    expect(largestError('absolute', row(1, -200), row(1, -202))).toBe(2);
    expect(largestError('row-relative', row(1, -200), row(1, -202))).toBeCloseTo(0.01);
    expect(largestError('row-relative', { shape: [2, 1], data: [1, 100] }, { shape: [2, 1], data: [1.5, 100] })).toBe(0.5);
  });

  it('forgives nothing: NaN, another length, or a difference from a row of zeros', () => {
    expect(largestError('absolute', row(1), row(NaN))).toBe(Infinity);
    expect(largestError('absolute', row(1), row(1, 2))).toBe(Infinity);
    expect(largestError('row-relative', row(0, 0), row(0, 1e-9))).toBe(Infinity);
    expect(largestError('row-relative', row(0, 0), row(0, 0))).toBe(0);
  });
});
