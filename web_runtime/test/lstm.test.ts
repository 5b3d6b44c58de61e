import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type LstmArrays, lstmLoop } from '../src/lstm/loop.js';
import { assertOnlyHiddenIsRead } from '../src/lstm/op.js';
import type { LstmSizes } from '../src/lstm/shape.js';
import { startSimd } from '../src/lstm/simd.js';

interface Call {
  sizes: LstmSizes;
  arrays: LstmArrays;
  clip: number;
}

/** The recurrence as its formulas read, in double precision. */
function reference({ sizes: { steps, batch, features, units }, arrays: { x, csPrev, hPrev, w, b }, clip }: Call): number[] {
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
  const all: number[] = [];
  let cell = Array.from(csPrev);
  let hidden = Array.from(hPrev);
  for (let step = 0; step < steps; step++) {
    const nextCell: number[] = [];
    const nextHidden: number[] = [];
    for (let row = 0; row < batch; row++) {
      const gate = (column: number): number => {
        let sum = b[column]!;
        for (let k = 0; k < features; k++) sum += x[(step * batch + row) * features + k]! * w[k * 4 * units + column]!;
        for (let k = 0; k < units; k++) sum += hidden[row * units + k]! * w[(features + k) * 4 * units + column]!;
        return sum;
      };
      for (let unit = 0; unit < units; unit++) {
        let state = sigmoid(gate(unit)) * Math.tanh(gate(2 * units + unit)) + sigmoid(gate(units + unit)) * cell[row * units + unit]!;
        if (clip > 0) state = Math.min(clip, Math.max(-clip, state));
        nextCell.push(state);
        nextHidden.push(sigmoid(gate(3 * units + unit)) * Math.tanh(state));
      }
    }
    cell = nextCell;
    hidden = nextHidden;
    all.push(...hidden);
  }
  return all;
}

const value = fc.double({ min: -3, max: 3, noNaN: true });

function calls(unitsOf: fc.Arbitrary<number>): fc.Arbitrary<Call> {
  return fc
    .record({
      steps: fc.integer({ min: 1, max: 6 }),
      batch: fc.integer({ min: 1, max: 4 }),
      features: fc.integer({ min: 1, max: 9 }),
      units: unitsOf,
    })
    .chain((sizes) => {
      const { steps, batch, features, units } = sizes;
      const floats = (length: number): fc.Arbitrary<Float32Array> =>
        fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
      return fc.record({
        sizes: fc.constant(sizes),
        clip: fc.constantFrom(0, 0.5),
        arrays: fc.record({
          x: floats(steps * batch * features),
          csPrev: floats(batch * units),
          hPrev: floats(batch * units),
          w: floats((features + units) * 4 * units),
          b: floats(4 * units),
        }),
      });
    });
}

function largestDifference(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  return Array.from(expected).reduce((largest, number, index) => Math.max(largest, Math.abs(number - got[index]!)), 0);
}

function run(runner: typeof lstmLoop, { sizes, arrays, clip }: Call): Float32Array {
  const h = new Float32Array(sizes.steps * sizes.batch * sizes.units);
  runner(arrays, sizes, clip, h);
  return h;
}

describe('BlockLSTMV2', () => {
  it('runs the plain loop as the formulas read, for any sizes', () => {
    fc.assert(
      fc.property(calls(fc.integer({ min: 1, max: 9 })), (call) => largestDifference(reference(call), run(lstmLoop, call)) < 2e-6),
      { numRuns: 60 },
    );
  });

  it('runs the SIMD module as the formulas read, for any number of units that it accepts', async () => {
    const simd = await startSimd();
    expect(simd).not.toBeNull();
    const units = fc.constantFrom(4, 8, 12, 16);
    fc.assert(
      fc.property(calls(units), (call) => largestDifference(reference(call), run(simd!, call)) < 2e-6),
      { numRuns: 60 },
    );
  });

  it('keeps the SIMD gates exact where exp overflows', async () => {
    const simd = await startSimd();
    const sizes = { steps: 1, batch: 1, features: 1, units: 4 };
    for (const extreme of [-1e4, -100, -88, 0, 88, 100, 1e4]) {
      const arrays = {
        x: Float32Array.of(extreme),
        csPrev: Float32Array.of(1, -1, 0, 0.5),
        hPrev: new Float32Array(4),
        w: new Float32Array(5 * 16).fill(1),
        b: new Float32Array(16),
      };
      const call = { sizes, arrays, clip: 0 };
      expect(largestDifference(reference(call), run(simd!, call))).toBeLessThan(1e-6);
    }
  });

  it('lets NaN through instead of hiding it', async () => {
    const simd = await startSimd();
    const arrays = {
      x: Float32Array.of(NaN),
      csPrev: new Float32Array(4),
      hPrev: new Float32Array(4),
      w: new Float32Array(80).fill(1),
      b: new Float32Array(16),
    };
    const call = { sizes: { steps: 1, batch: 1, features: 1, units: 4 }, arrays, clip: 0 };
    expect(Array.from(run(simd!, call)).every(Number.isNaN)).toBe(true);
    expect(Array.from(run(lstmLoop, call)).every(Number.isNaN)).toBe(true);
  });

  it('refuses a graph that reads another output than h, whether inside or as a result', () => {
    const graph = (input: string) => ({
      node: [
        { name: 'cell', op: 'BlockLSTMV2' },
        { name: 'next', op: 'Identity', input: [input] },
      ],
    });
    expect(() => assertOnlyHiddenIsRead(graph('cell:6'), ['next:0'])).not.toThrow();
    expect(() => assertOnlyHiddenIsRead(graph('cell:1'), ['next:0'])).toThrow(
      'cell: expected only output 6 (h) of BlockLSTMV2 to be read, got output 1',
    );
    expect(() => assertOnlyHiddenIsRead(graph('cell:6'), ['cell'])).toThrow('got output 0');
  });
});
