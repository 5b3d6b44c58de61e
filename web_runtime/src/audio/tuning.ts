/**
 * How far a recording is tuned from A = 440 Hz: `librosa.estimate_tuning` over a power spectrogram. The answer is the fullest of 100 bins,
 * and one value more or less may decide, so every step is rounded to float32 where librosa's is.
 */

import { median } from './median.js';
import type { Stft } from './stft.js';

const { fround } = Math;
const A0_HZ = 27.5;
/** Where pitches are looked for, in Hz. */
const [LEAST_HZ, MOST_HZ] = [150, 4000];
/** A peak counts from this share of its frame's largest value on. */
const PEAK_SHARE = 0.1;
const BINS = 100;

/** Gathers spectral peaks frame by frame, and tells the tuning at the end. */
export class TuningEstimator {
  private readonly first: number;
  private readonly last: number;
  private pitches = new Float32Array(4096);
  private heights = new Float32Array(4096);
  private count = 0;

  /** @param stft - Where the spectra come from. */
  constructor(
    private readonly stft: Stft,
    private readonly sampleRate: number,
  ) {
    this.first = Math.max(Math.ceil((LEAST_HZ * stft.nFft) / sampleRate), 1);
    this.last = Math.min(Math.ceil((MOST_HZ * stft.nFft) / sampleRate) - 1, stft.bins - 2);
  }

  /** Takes one frame's power spectrum. */
  add(spectrum: Float32Array): void {
    let largest = 0;
    for (let bin = 0; bin < spectrum.length; bin++) largest = Math.max(largest, spectrum[bin]!);
    const threshold = fround(PEAK_SHARE * largest);
    for (let bin = this.first; bin <= this.last; bin++) {
      const [before, here, after] = [spectrum[bin - 1]!, spectrum[bin]!, spectrum[bin + 1]!];
      if (!(here > threshold)) continue;
      if (here > (before > threshold ? before : 0) && here >= (after > threshold ? after : 0)) this.keep(bin, before, here, after);
    }
  }

  /** Fraction of a semitone, in [-0.5, 0.5), by which the pitches lie above the equal temperament of A = 440 Hz; 0 without any pitch. */
  tuning(): number {
    if (this.count === 0) return 0;
    const threshold = median(this.heights.slice(0, this.count));
    const votes = new Int32Array(BINS);
    for (let at = 0; at < this.count; at++) {
      if (!(this.heights[at]! >= threshold)) continue;
      const semitones = fround(12 * fround(Math.log2(fround(this.pitches[at]! / A0_HZ))));
      const residual = fround(semitones - Math.floor(semitones));
      // In [0, 0.5) or from 0.5 on, which lies below the next semitone.
      const centred = residual >= 0.5 ? fround(residual - 1) : residual;
      votes[binOf(centred)]!++;
    }
    return edge(votes.indexOf(Math.max(...votes)));
  }

  private keep(bin: number, before: number, here: number, after: number): void {
    const curvature = fround(after + before) - 2 * here;
    const slope = fround(after - before) / 2;
    const shift = Math.abs(slope) >= Math.abs(curvature) ? 0 : fround(-slope / curvature);
    if (this.count === this.pitches.length) {
      [this.pitches, this.heights] = [grown(this.pitches), grown(this.heights)];
    }
    this.pitches[this.count] = ((bin + shift) * this.sampleRate) / this.stft.nFft;
    this.heights[this.count] = here + fround(fround(0.5 * fround(slope)) * shift);
    this.count++;
  }
}

/** The lower edge of a bin. */
function edge(bin: number): number {
  return bin / BINS - 0.5;
}

function binOf(value: number): number {
  let bin = Math.min(Math.max(Math.floor((value + 0.5) * BINS), 0), BINS - 1);
  if (value < edge(bin)) bin--;
  else if (bin < BINS - 1 && value >= edge(bin + 1)) bin++;
  return bin;
}

function grown(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const more = new Float32Array(2 * values.length);
  more.set(values);
  return more;
}
