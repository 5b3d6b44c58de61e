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
export function lstmLoop({ x, csPrev, hPrev, w, b }: LstmArrays, { steps, batch, features, units }: LstmSizes, cellClip: number, h: Float32Array): void {
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

/** `gates += vector . w[firstRow ...]`, four rows of `w` at a time so that `gates` is loaded and stored a quarter as often. */
function addProduct(gates: Float32Array, vector: Float32Array, offset: number, length: number, w: Float32Array, firstRow: number): void {
  const width = gates.length;
  let k = 0;
  for (; k + 4 <= length; k += 4) {
    const a = vector[offset + k]!;
    const b = vector[offset + k + 1]!;
    const c = vector[offset + k + 2]!;
    const d = vector[offset + k + 3]!;
    let p = (firstRow + k) * width;
    let q = p + width;
    let r = q + width;
    let s = r + width;
    for (let j = 0; j < width; j++) gates[j] = gates[j]! + a * w[p++]! + b * w[q++]! + c * w[r++]! + d * w[s++]!;
  }
  for (; k < length; k++) {
    const a = vector[offset + k]!;
    let p = (firstRow + k) * width;
    for (let j = 0; j < width; j++) gates[j] = gates[j]! + a * w[p++]!;
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
