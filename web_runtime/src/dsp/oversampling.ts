/**
 * Peaks between the samples: what a converter will make of them. Each interval is interpolated by a polyphase windowed sinc, as ITU-R
 * BS.1770-4, Annex 2 asks, with more taps than its example, so that the passband ends at 0.43 of the rate instead of 0.35.
 */

/** Taps on either side of the interval. */
const HALF = 12;
/** Intervals that are looked at together before any is interpolated; their taps reach over {@link SPAN} blocks of as many samples. */
const BLOCK = 8;
const SPAN = (2 * HALF) / BLOCK + 1;
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
  /** Largest factor by which an interpolated value can exceed all samples around it. */
  private readonly reach: number;
  /** Per phase up to the middle one: weights of the sums of the samples left and right of the interval, and of their differences. */
  private readonly sums: readonly Float64Array[];
  private readonly differences: readonly Float64Array[];
  private readonly sum = new Float64Array(HALF);
  private readonly difference = new Float64Array(HALF);
  private readonly history = new Float32Array(2 * HALF);
  private line = new Float32Array(0);
  private blocks = new Float32Array(0);

  /** @param factor - How many times finer than the samples; even. */
  constructor(factor: number) {
    const left = Array.from({ length: factor / 2 }, (_, phase) => weights((phase + 1) / factor));
    this.sums = left.map((taps) => Float64Array.from({ length: HALF }, (_, k) => (taps[HALF - 1 - k]! + taps[HALF + k]!) / 2));
    this.differences = left.slice(0, -1).map((taps) => Float64Array.from({ length: HALF }, (_, k) => (taps[HALF - 1 - k]! - taps[HALF + k]!) / 2));
    this.reach = Math.max(...left.map((taps) => taps.reduce((total, tap) => total + Math.abs(tap), 0)));
  }

  /**
   * Writes, for each sample of the chunk, the peak of the interval that begins {@link delay} samples before it.
   *
   * @param threshold - Intervals that cannot exceed it get the larger of their two samples, uninterpolated: nobody asks for more.
   * @param peaks - At least as long as the chunk; takes the maximum of what it holds and the interval's peak.
   */
  process(chunk: Float32Array, threshold: number, peaks: Float32Array): void {
    const count = chunk.length;
    const width = 2 * HALF;
    if (this.line.length < count + width) this.line = new Float32Array(count + width);
    const line = this.line;
    line.set(this.history);
    line.set(chunk, width);
    const highest = this.blockPeaks(line, count + width);
    for (let start = 0, block = 0; start < count; start += BLOCK, block++) {
      const end = Math.min(start + BLOCK, count);
      let high = 0;
      for (let near = block; near < block + SPAN; near++) if (highest[near]! > high) high = highest[near]!;
      if (high * this.reach > threshold) this.interpolate(line, start, end, peaks);
      else if (high > 0) samplePeaks(line, start, end, peaks);
    }
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

  /** Largest magnitude of each block of the line; 0 beyond its end. */
  private blockPeaks(line: Float32Array, length: number): Float32Array {
    const count = Math.ceil(length / BLOCK) + SPAN;
    if (this.blocks.length < count) this.blocks = new Float32Array(count);
    const { blocks } = this;
    for (let block = 0, start = 0; block < count; block++, start += BLOCK) {
      const end = Math.min(start + BLOCK, length);
      let highest = 0;
      for (let i = start; i < end; i++) {
        const value = Math.abs(line[i]!);
        if (value > highest) highest = value;
      }
      blocks[block] = highest;
    }
    return blocks;
  }

  private interpolate(line: Float32Array, start: number, end: number, peaks: Float32Array): void {
    const { sums, differences, sum, difference } = this;
    const middle = sums.length - 1;
    const centre = sums[middle]!;
    for (let i = start; i < end; i++) {
      // The interval lies between line[i + HALF] and line[i + HALF + 1].
      const from = i + HALF;
      let peak = Math.max(peaks[i]!, Math.abs(line[from]!), Math.abs(line[from + 1]!));
      let half = 0;
      for (let k = 0; k < HALF; k++) {
        const before = line[from - k]!;
        const after = line[from + 1 + k]!;
        sum[k] = before + after;
        difference[k] = before - after;
        half += centre[k]! * (before + after);
      }
      if (Math.abs(half) > peak) peak = Math.abs(half);
      for (let phase = 0; phase < middle; phase++) {
        const even = sums[phase]!;
        const odd = differences[phase]!;
        let a = 0;
        let b = 0;
        for (let k = 0; k < HALF; k++) {
          a += even[k]! * sum[k]!;
          b += odd[k]! * difference[k]!;
        }
        // A phase and its mirror image: a + b and a - b.
        const value = Math.abs(a) + Math.abs(b);
        if (value > peak) peak = value;
      }
      peaks[i] = peak;
    }
  }
}

function samplePeaks(line: Float32Array, start: number, end: number, peaks: Float32Array): void {
  for (let i = start; i < end; i++) {
    peaks[i] = Math.max(peaks[i]!, Math.abs(line[i + HALF]!), Math.abs(line[i + HALF + 1]!));
  }
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
