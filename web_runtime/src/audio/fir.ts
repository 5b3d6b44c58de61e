/**
 * The sums that resampling consists of: in WebAssembly SIMD (assembly/fir.ts) where the browser and the page's policy allow it, else as a
 * plain loop that adds in the same order, so that both give the same bits.
 */

import { FIR_WASM } from '../generated/fir_wasm.js';
import { compileSimd, FIRST_BYTE, reserve } from '../simd.js';

/** Taps of every phase, in rows of a multiple of 8. */
export interface FirTaps {
  /** The moment moves on by `down / up` samples from one output to the next. */
  readonly up: number;
  readonly down: number;
  /** Taps of a phase. */
  readonly row: number;
  /** [up, row] */
  readonly taps: Float32Array;
}

/** Fills `out`: each value is the sum of the samples from `first` on times the taps of its phase. */
export type Fir = (samples: Float32Array, first: number, phase: number, out: Float32Array) => void;

interface FirExports {
  readonly memory: WebAssembly.Memory;
  fir(...sizesAndPointers: number[]): void;
}

/** Sums of float32 that are kept apart, and joined in float64: rounding stays below -130 dB. */
const LANES = 16;

/** The fastest way to these sums here. */
export function startFir(filters: FirTaps): Fir {
  const module = compileSimd(FIR_WASM);
  return module === null ? firLoop(filters) : firSimd(filters, module);
}

/** The same sums without WebAssembly. */
export function firLoop({ up, down, row, taps }: FirTaps): Fir {
  const sums = new Float32Array(LANES);
  return (samples, first, phase, out) => {
    for (let at = 0; at < out.length; at++) {
      sums.fill(0);
      for (let index = 0, tap = phase * row; index < row; index++) {
        sums[index % LANES]! += Math.fround(samples[first + index]! * taps[tap++]!);
      }
      const pair = (lane: number): number => sums[lane]! + sums[lane + 2]!;
      out[at] = pair(0) + pair(4) + (pair(8) + pair(12)) + (pair(1) + pair(5) + (pair(9) + pair(13)));
      phase += down;
      first += Math.floor(phase / up);
      phase %= up;
    }
  };
}

function firSimd({ up, down, row, taps }: FirTaps, module: WebAssembly.Module): Fir {
  const { memory, fir } = new WebAssembly.Instance(module).exports as unknown as FirExports;
  const samplesAt = FIRST_BYTE + 4 * taps.length;
  reserve(memory, samplesAt);
  new Float32Array(memory.buffer, FIRST_BYTE, taps.length).set(taps);
  return (samples, first, phase, out) => {
    const outAt = samplesAt + 4 * samples.length;
    reserve(memory, outAt + 4 * out.length);
    new Float32Array(memory.buffer, samplesAt, samples.length).set(samples);
    fir(out.length, samplesAt, FIRST_BYTE, outAt, first, phase, up, down, row);
    out.set(new Float32Array(memory.buffer, outAt, out.length));
  };
}
