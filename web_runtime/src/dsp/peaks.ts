/**
 * The sums that peaks between samples are found by: in WebAssembly SIMD (assembly/peaks.ts) where the browser and the page's policy allow
 * it, else as a loop that leaves out what cannot matter. The first adds in float32, the second in float64: they agree to 1e-6.
 */

import { PEAKS_WASM } from '../generated/peaks_wasm.js';
import { compileSimd, FIRST_BYTE, reserve } from '../simd.js';

/** Weights of the moments looked at within an interval, up to its middle; those beyond are their mirror images. */
export interface PeakTaps {
  /** Samples on either side of the interval. */
  readonly half: number;
  /** Per moment: weights of the sums of the samples left and right of the interval, nearest first. The last moment is the middle. */
  readonly sums: readonly Float64Array[];
  /** Weights of their differences, for all moments but the middle. */
  readonly differences: readonly Float64Array[];
}

/**
 * Raises `peaks`, `count` of them, to those of the intervals; the first lies between samples `half` and `half + 1` of the line. Intervals
 * that cannot exceed `threshold` may get the larger of their two samples: nobody asks for more.
 */
export type PeakFinder = (line: Float32Array, count: number, threshold: number, peaks: Float32Array) => void;

interface PeaksExports {
  readonly memory: WebAssembly.Memory;
  peaks(count: number, line: number, out: number, taps: number, half: number, mirrored: number): void;
}

/** Intervals that WebAssembly is handed at a time; a multiple of 4. */
const PIECE = 4096;
/** Intervals that the loop looks at together before it interpolates any; its taps reach over `2 half / BLOCK + 1` blocks as long. */
const BLOCK = 8;

/** The fastest way to these peaks here. */
export function startPeaks(taps: PeakTaps): PeakFinder {
  const module = compileSimd(PEAKS_WASM);
  return module === null ? peaksLoop(taps) : peaksSimd(taps, module);
}

function peaksSimd({ half, sums, differences }: PeakTaps, module: WebAssembly.Module): PeakFinder {
  const { memory, peaks: raise } = new WebAssembly.Instance(module).exports as unknown as PeaksExports;
  const taps = sums.flatMap((even, phase) => [...even, ...(differences[phase] ?? [])]);
  const lineAt = FIRST_BYTE + 4 * taps.length;
  // Four intervals are looked at together, so that the last of them may lie up to three samples beyond the line.
  const length = PIECE + 2 * half + 4;
  const peaksAt = lineAt + 4 * length;
  reserve(memory, peaksAt + 4 * PIECE);
  new Float32Array(memory.buffer, FIRST_BYTE, taps.length).set(taps);
  const held = new Float32Array(memory.buffer, lineAt, length);
  const found = new Float32Array(memory.buffer, peaksAt, PIECE);
  return (line, count, _threshold, peaks) => {
    for (let start = 0; start < count; start += PIECE) {
      const piece = peaks.subarray(start, Math.min(start + PIECE, count));
      held.set(line.subarray(start + 1, start + 1 + piece.length + 2 * half));
      found.set(piece);
      raise(piece.length, lineAt, peaksAt, FIRST_BYTE, half, differences.length);
      piece.set(found.subarray(0, piece.length));
    }
  };
}

/** The same peaks without WebAssembly. */
export function peaksLoop(taps: PeakTaps): PeakFinder {
  const { half, sums, differences } = taps;
  const span = (2 * half) / BLOCK + 1;
  const reach = Math.max(...sums.map((_, phase) => reachOf(sums[phase]!, differences[phase])));
  const interpolate = interpolation(taps);
  let blocks = new Float32Array(0);
  return (line, count, threshold, peaks) => {
    const needed = Math.ceil(count / BLOCK) + span;
    if (blocks.length < needed) blocks = new Float32Array(needed);
    blockPeaks(line, count + 2 * half, blocks);
    for (let start = 0, block = 0; start < count; start += BLOCK, block++) {
      const end = Math.min(start + BLOCK, count);
      let high = 0;
      for (let near = block; near < block + span; near++) if (blocks[near]! > high) high = blocks[near]!;
      for (let i = start; i < end && high > 0; i++) {
        peaks[i] = Math.max(peaks[i]!, Math.abs(line[i + half]!), Math.abs(line[i + half + 1]!));
      }
      if (high * reach > threshold) interpolate(line, start, end, peaks);
    }
  };
}

/** Largest factor by which an interpolated value can exceed all samples around it. */
function reachOf(even: Float64Array, odd: Float64Array | undefined): number {
  return even.reduce((total, weight, k) => total + Math.abs(weight + (odd?.[k] ?? 0)) + Math.abs(weight - (odd?.[k] ?? 0)), 0);
}

/** Largest magnitude of each block of the line; 0 beyond its end. */
function blockPeaks(line: Float32Array, length: number, blocks: Float32Array): void {
  for (let block = 0, start = 0; block < blocks.length; block++, start += BLOCK) {
    const end = Math.min(start + BLOCK, length);
    let highest = 0;
    for (let i = start; i < end; i++) {
      const value = Math.abs(line[i]!);
      if (value > highest) highest = value;
    }
    blocks[block] = highest;
  }
}

function interpolation({ half: taps, sums, differences }: PeakTaps): (line: Float32Array, start: number, end: number, peaks: Float32Array) => void {
  const sum = new Float64Array(taps);
  const difference = new Float64Array(taps);
  const centre = sums.at(-1)!;
  return (line, start, end, peaks) => {
    for (let i = start; i < end; i++) {
      const from = i + taps;
      let middle = 0;
      for (let k = 0; k < taps; k++) {
        const before = line[from - k]!;
        const after = line[from + 1 + k]!;
        sum[k] = before + after;
        difference[k] = before - after;
        middle += centre[k]! * (before + after);
      }
      let peak = Math.max(peaks[i]!, Math.abs(middle));
      for (let phase = 0; phase < differences.length; phase++) {
        const even = sums[phase]!;
        const odd = differences[phase]!;
        let a = 0;
        let b = 0;
        for (let k = 0; k < taps; k++) {
          a += even[k]! * sum[k]!;
          b += odd[k]! * difference[k]!;
        }
        // A moment and its mirror image: a + b and a - b.
        const value = Math.abs(a) + Math.abs(b);
        if (value > peak) peak = value;
      }
      peaks[i] = peak;
    }
  };
}
