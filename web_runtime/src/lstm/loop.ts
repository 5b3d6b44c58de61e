/** The LSTM recurrence as one plain loop over typed arrays: the cpu kernel, and the wasm kernel where SIMD is missing. */

import type { LstmSizes } from './shape.js';

/** Typed arrays of one call, laid out as {@link LstmInputs} says. */
export interface LstmArrays {
  x: Float32Array;
  csPrev: Float32Array;
  hPrev: Float32Array;
  w: Float32Array;
  b: Float32Array;
}

/**
 * Runs all steps of TensorFlow's BlockLSTMV2 without peepholes:
 * `i, f, o = sigmoid`, `c = tanh` of `[x, h] w + b`; `cs = c i + cs f`; `h = tanh(cs) o`.
 *
 * @param cellClip - Bound of the cell state; 0 for none.
 * @param h - Receives the hidden states, [steps, batch, units].
 */
export function lstmLoop(
  { x, csPrev, hPrev, w, b }: LstmArrays,
  { steps, batch, features, units }: LstmSizes,
  cellClip: number,
  h: Float32Array,
): void {
  const gates = new Float32Array(4 * units);
  const cell = new Float32Array(csPrev);
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < batch; row++) {
      const out = (step * batch + row) * units;
      gates.set(b);
      addProduct(gates, x, (step * batch + row) * features, features, w, 0);
      if (step === 0) addProduct(gates, hPrev, row * units, units, w, features);
      else addProduct(gates, h, out - batch * units, units, w, features);
      for (let unit = 0, at = row * units; unit < units; unit++, at++) {
        let state = Math.tanh(gates[2 * units + unit]!) * sigmoid(gates[unit]!) + cell[at]! * sigmoid(gates[units + unit]!);
        if (cellClip > 0) state = Math.max(-cellClip, Math.min(cellClip, state));
        cell[at] = state;
        h[out + unit] = Math.tanh(state) * sigmoid(gates[3 * units + unit]!);
      }
    }
  }
}

/** `gates += vector . w[firstRow ...]`, in blocks of columns whose sums stay in registers, in double precision, over all rows. */
function addProduct(gates: Float32Array, vector: Float32Array, offset: number, length: number, w: Float32Array, firstRow: number): void {
  const width = gates.length;
  let column = 0;
  for (; column + 8 <= width; column += 8) addProduct8(gates, column, vector, offset, offset + length, w, firstRow * width + column);
  if (column < width) addProduct4(gates, column, vector, offset, offset + length, w, firstRow * width + column);
}

function addProduct8(
  gates: Float32Array,
  column: number,
  vector: Float32Array,
  from: number,
  to: number,
  w: Float32Array,
  first: number,
): void {
  const width = gates.length;
  let s0 = gates[column]!;
  let s1 = gates[column + 1]!;
  let s2 = gates[column + 2]!;
  let s3 = gates[column + 3]!;
  let s4 = gates[column + 4]!;
  let s5 = gates[column + 5]!;
  let s6 = gates[column + 6]!;
  let s7 = gates[column + 7]!;
  for (let k = from, at = first; k < to; k++, at += width) {
    const value = vector[k]!;
    s0 += value * w[at]!;
    s1 += value * w[at + 1]!;
    s2 += value * w[at + 2]!;
    s3 += value * w[at + 3]!;
    s4 += value * w[at + 4]!;
    s5 += value * w[at + 5]!;
    s6 += value * w[at + 6]!;
    s7 += value * w[at + 7]!;
  }
  gates[column] = s0;
  gates[column + 1] = s1;
  gates[column + 2] = s2;
  gates[column + 3] = s3;
  gates[column + 4] = s4;
  gates[column + 5] = s5;
  gates[column + 6] = s6;
  gates[column + 7] = s7;
}

/** The rest of an odd number of units. */
function addProduct4(
  gates: Float32Array,
  column: number,
  vector: Float32Array,
  from: number,
  to: number,
  w: Float32Array,
  first: number,
): void {
  for (let gate = 0; gate < 4; gate++) {
    let sum = gates[column + gate]!;
    for (let k = from, at = first + gate; k < to; k++, at += gates.length) sum += vector[k]! * w[at]!;
    gates[column + gate] = sum;
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
