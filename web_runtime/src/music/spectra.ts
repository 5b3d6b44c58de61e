/** What models of music see of a recording: `datasets/music_features.py` computes the same with librosa, and gives the constants. */

import { type Frames, melSpectrogram, powerToDb } from '../audio/index.js';

/** A mel spectrogram's constants, from the manifest. */
export interface Grid {
  /** Samples per second. */
  readonly sampleRate: number;
  /** Samples of a frame, and from one frame to the next. */
  readonly nFft: number;
  readonly hop: number;
  readonly bands: number;
  /** Frames that a model reads at once. */
  readonly frames: number;
}

/** The grid of patches; their powers are multiplied before the logarithm. */
export interface PatchGrid extends Grid {
  readonly gain: number;
}

/** The grid of a sparse spectrogram: frame `x` of N is `floor((x + 0.5) * N / spread)`. */
export interface SparseGrid extends Grid {
  readonly spread: number;
}

/**
 * Log-mel spectrogram at a fixed number of instants of a signal of any length.
 *
 * @param samples - [n], at the grid's rate.
 * @returns [frames, bands] in dB of power, cut 80 dB below the loudest value.
 */
export function sparseMel(samples: Float32Array, grid: SparseGrid): Float32Array {
  const count = 1 + Math.floor(samples.length / grid.hop);
  const instants = Array.from({ length: grid.frames }, (_, at) => Math.floor(((at + 0.5) * count) / grid.spread));
  return powerToDb(melSpectrogram(samples, { ...grid, frames: instants })).values;
}

/**
 * Log-mel spectrogram [frames, bands] that patches are cut from: log10(1 + gain * power).
 *
 * @param samples - [n], at the grid's rate.
 */
export function logMel(samples: Float32Array, grid: PatchGrid): Frames {
  const mel = melSpectrogram(samples, { sampleRate: grid.sampleRate, nFft: grid.nFft, hop: grid.hop, bands: grid.bands });
  const { values } = mel;
  for (let at = 0; at < values.length; at++) values[at] = Math.log10(1 + grid.gain * values[at]!);
  return mel;
}

/** First frames of `count` patches that are evenly spread over a spectrogram of at least one patch's length. */
export function evenStarts(frames: number, count: number, grid: Grid): number[] {
  return Array.from({ length: count }, (_, at) => Math.floor((at * (frames - grid.frames)) / Math.max(count - 1, 1)));
}

/** Patches [n, frames, bands] of a spectrogram, from the frames given. */
export function patchesAt(spectrogram: Frames, starts: readonly number[], grid: Grid): Float32Array {
  const size = grid.frames * grid.bands;
  const patches = new Float32Array(starts.length * size);
  starts.forEach((start, at) => patches.set(spectrogram.values.subarray(start * grid.bands, start * grid.bands + size), at * size));
  return patches;
}
