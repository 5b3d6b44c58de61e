/** Hosts the SIMD LSTM (assembly/lstm.ts) in its own memory: tfjs' module can't be extended, and copying a call's tensors is quick. */

import { LSTM_WASM } from '../generated/lstm_wasm.js';
import { FIRST_BYTE, reserve } from '../simd.js';
import type { LstmArrays } from './loop.js';
import type { LstmSizes } from './shape.js';

/** Runs the recurrence; the same contract as `lstmLoop`. */
export type LstmRunner = (arrays: LstmArrays, sizes: LstmSizes, cellClip: number, h: Float32Array) => void;

interface LstmExports {
  readonly memory: WebAssembly.Memory;
  lstm(...sizesAndPointers: number[]): void;
}

/** Compiles the module; null where the browser has no WebAssembly SIMD or the page's policy forbids WebAssembly. */
export async function startSimd(): Promise<LstmRunner | null> {
  const bytes = Uint8Array.from(atob(LSTM_WASM), (character) => character.charCodeAt(0));
  try {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return runnerOf(instance.exports as unknown as LstmExports);
  } catch {
    return null;
  }
}

function runnerOf({ memory, lstm }: LstmExports): LstmRunner {
  return ({ x, csPrev, hPrev, w, b }, { steps, batch, features, units }, cellClip, h) => {
    const lengths = [x.length, csPrev.length, hPrev.length, w.length, b.length, h.length, 4 * units];
    const pointers = lengths.map((_, index) => lengths.slice(0, index).reduce((at, length) => at + 4 * length, FIRST_BYTE));
    const end = pointers.at(-1)! + 16 * units;
    reserve(memory, end);
    const heap = new Float32Array(memory.buffer);
    [x, csPrev, hPrev, w, b].forEach((array, index) => heap.set(array, pointers[index]! / 4));
    lstm(steps, batch, features, units, cellClip, ...pointers);
    const out = pointers[5]! / 4;
    h.set(heap.subarray(out, out + h.length));
  };
}
