/**
 * Peaks between the samples: what a converter will make of them. Each interval is interpolated by a polyphase windowed sinc, as ITU-R
 * BS.1770-4, Annex 2 asks, with more taps than its example, so that the passband ends at 0.43 of the rate instead of 0.35.
 */

import { type PeakFinder, type PeakTaps, startPeaks } from './peaks.js';

/** Taps on either side of the interval. */
const HALF = 12;
/** Shape of the Kaiser window: side lobes below -60 dB. */
const BETA = 5.65;
/** Rate that interpolation reaches at least, in Hz: four times 44.1 kHz. */
const ENOUGH = 176_400;
const FACTORS = [2, 4, 8];

/** How many times the rate is raised: 4 at 44.1 and 48 kHz, 2 at 96 kHz (as the standard allows), 8 at 22.05 kHz. */
export function oversamplingFactor(sampleRate: number): number {
  return FACTORS.find((factor) => factor * sampleRate >= ENOUGH) ?? FACTORS.at(-1)!;
}

/** Finds the peak of each interval between two samples, chunk after chunk, {@link PeakInterpolator.delay} samples late. */
export class PeakInterpolator {
  /** Samples by which the peaks lag behind the chunk. */
  static readonly delay = HALF;
  private readonly find: PeakFinder;
  private readonly history = new Float32Array(2 * HALF);
  private line = new Float32Array(0);

  /** @param factor - How many times finer than the samples: 2, 4 or 8. */
  constructor(factor: number) {
    this.find = finderOf(factor);
  }

  /**
   * Writes, for each sample of the chunk, the peak of the interval that begins {@link delay} samples before it.
   *
   * @param threshold - Intervals that cannot exceed it may get the larger of their two samples: nobody asks for more.
   * @param peaks - At least as long as the chunk; takes the maximum of what it holds and the interval's peak.
   */
  process(chunk: Float32Array, threshold: number, peaks: Float32Array): void {
    const count = chunk.length;
    const width = 2 * HALF;
    if (this.line.length < count + width) this.line = new Float32Array(count + width);
    const line = this.line;
    line.set(this.history);
    line.set(chunk, width);
    this.find(line, count, threshold, peaks);
    this.history.set(line.subarray(count, count + width));
  }

  /** Like {@link process} for a chunk of silence, which is forgotten again: peaks of the last samples so far. */
  peek(threshold: number, peaks: Float32Array): void {
    const history = this.history.slice();
    this.process(new Float32Array(peaks.length), threshold, peaks);
    this.history.set(history);
  }

  /** Forgets all earlier chunks. */
  reset(): void {
    this.history.fill(0);
  }
}

/** What all interpolators of a factor share. */
const finders = new Map<number, PeakFinder>();

function finderOf(factor: number): PeakFinder {
  const finder = finders.get(factor) ?? startPeaks(peakTaps(factor));
  finders.set(factor, finder);
  return finder;
}

/** Weights of an interpolation to so many times the rate. */
export function peakTaps(factor: number): PeakTaps {
  const left = Array.from({ length: factor / 2 }, (_, phase) => weights((phase + 1) / factor));
  const paired = (taps: Float64Array, sign: 1 | -1): Float64Array =>
    Float64Array.from({ length: HALF }, (_, k) => (taps[HALF - 1 - k]! + sign * taps[HALF + k]!) / 2);
  return { half: HALF, sums: left.map((taps) => paired(taps, 1)), differences: left.slice(0, -1).map((taps) => paired(taps, -1)) };
}

/** Taps of the interpolation at a fraction of the interval, oldest sample first, scaled to pass a constant unchanged. */
function weights(fraction: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * HALF }, (_, index) => {
    const distance = fraction - (index - HALF + 1);
    return sinc(distance) * kaiser(distance / HALF);
  });
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / total);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser window at -1 to 1. */
function kaiser(x: number): number {
  return bessel(BETA * Math.sqrt(Math.max(0, 1 - x * x))) / bessel(BETA);
}

/** Modified Bessel function of the first kind and order zero, by its series. */
function bessel(x: number): number {
  let [term, total] = [1, 1];
  for (let k = 1; term > 1e-12 * total; k++) {
    term *= (x / (2 * k)) ** 2;
    total += term;
  }
  return total;
}
