import { describe, expect, it } from 'vitest';

import { largestError, rowScales } from '../src/selftest.js';

const row = (...data: number[]) => ({ shape: [1, data.length], data });

describe('largestError', () => {
  it('takes the difference itself, or relates it to the scale of its row', () => {
    expect(largestError(row(1, -200), row(1, -202), null)).toBe(2);
    expect(largestError(row(1, -200), row(1, -202), [200])).toBeCloseTo(0.01);
    expect(largestError({ shape: [2, 1], data: [1, 100] }, { shape: [2, 1], data: [1.5, 100] }, [1, 100])).toBe(0.5);
  });

  it('forgives nothing: NaN or another length', () => {
    expect(largestError(row(1), row(NaN), null)).toBe(Infinity);
    expect(largestError(row(1), row(1, 2), null)).toBe(Infinity);
    expect(largestError(row(0, 0), row(0, 1e-9), rowScales([row(0, 0)]))).toBe(1e-9);
  });
});

describe('rowScales', () => {
  it('is the largest magnitude of a row over all outputs, 1 for zeros', () => {
    expect(rowScales([{ shape: [2, 2], data: [1, -3, 0, 0] }, { shape: [2, 1], data: [2, 0] }])).toEqual([3, 1]);
    expect(rowScales([])).toEqual([]);
  });
});
