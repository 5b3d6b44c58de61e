/**
 * A look-ahead limiter of true peaks. The gain that each interval between samples needs is held over the look-ahead, given back slowly,
 * and smoothed by two moving averages as long as the look-ahead together: no average can exceed what the peak in it needs.
 */

import { fromDb, toDb } from './decibels.js';
import { oversamplingFactor, PeakInterpolator } from './oversampling.js';
import type { Processor } from './processor.js';

/** What the limiter does. */
export interface LimiterSettings {
  /** Gain before it, in dB. */
  readonly gainDb: number;
  /** True peak that nothing exceeds, in dBTP; the moving gain may add up to 0.15 dB on noise that it cuts by 10 dB. */
  readonly ceilingDb: number;
  /** Time over which the gain falls before a peak, in ms. */
  readonly lookAheadMs: number;
  /** Time to give back 63 % of a reduction, in ms. */
  readonly releaseMs: number;
}

/** Limits audio chunk by chunk; what comes out is {@link Limiter.latency} samples late. */
export class Limiter implements Processor {
  /** Samples by which the output lags behind the input. */
  readonly latency: number;
  /** Reduction since the start: the sum over samples in dB, their number, and the largest. */
  readonly reduction = { total: 0, samples: 0, largest: 0 };
  private readonly gain: number;
  private readonly ceiling: number;
  private readonly release: number;
  private readonly interpolators: readonly PeakInterpolator[];
  private readonly delays: readonly Float32Array[];
  private readonly hold: SlidingMinimum;
  private readonly first: MovingAverage;
  private readonly second: MovingAverage;
  private position = 0;
  private released = 1;
  private peaks = new Float32Array(0);

  constructor(settings: LimiterSettings, sampleRate: number, channelCount: number) {
    const half = Math.max(2, Math.round((settings.lookAheadMs * sampleRate) / 2000));
    const factor = oversamplingFactor(sampleRate);
    this.gain = fromDb(settings.gainDb);
    this.ceiling = fromDb(settings.ceilingDb);
    this.release = 1 - Math.exp(-1000 / (settings.releaseMs * sampleRate));
    this.interpolators = Array.from({ length: channelCount }, () => new PeakInterpolator(factor));
    // Held one sample longer than the averages reach back: an interval needs its gain at both of its ends.
    this.hold = new SlidingMinimum(2 * half);
    this.first = new MovingAverage(half);
    this.second = new MovingAverage(half);
    this.latency = 2 * half - 2 + PeakInterpolator.delay;
    this.delays = Array.from({ length: channelCount }, () => new Float32Array(this.latency));
  }

  process(chunk: readonly Float32Array[]): void {
    const count = chunk[0]!.length;
    if (this.peaks.length !== count) this.peaks = new Float32Array(count);
    const gains = this.peaks.fill(0);
    for (const samples of chunk) for (let i = 0; i < count; i++) samples[i]! *= this.gain;
    chunk.forEach((samples, channel) => this.interpolators[channel]!.process(samples, this.ceiling, gains));
    this.gainsOf(gains);
    chunk.forEach((samples, channel) => this.delayAndScale(samples, this.delays[channel]!, gains));
    this.position = (this.position + count) % this.latency;
  }

  reset(): void {
    for (const delay of this.delays) delay.fill(0);
    for (const part of [...this.interpolators, this.hold, this.first, this.second]) part.reset();
    this.position = 0;
    this.released = 1;
  }

  /** Turns peaks into gains, in place. */
  private gainsOf(values: Float32Array): void {
    const { ceiling, release, reduction } = this;
    let least = 1;
    let product = 1;
    for (let i = 0; i < values.length; i++) {
      const peak = values[i]!;
      const held = this.hold.push(peak > ceiling ? ceiling / peak : 1);
      this.released = Math.min(held, this.released + release * (held - this.released));
      const gain = Math.min(1, this.second.push(this.first.push(this.released)));
      values[i] = gain;
      if (gain < least) least = gain;
      product *= gain;
      // One logarithm for many samples, before the product grows too small.
      if (product < 1e-200) {
        reduction.total -= toDb(product);
        product = 1;
      }
    }
    reduction.total -= toDb(product);
    reduction.samples += values.length;
    reduction.largest = Math.max(reduction.largest, -toDb(least));
  }

  private delayAndScale(samples: Float32Array, delay: Float32Array, gains: Float32Array): void {
    let position = this.position;
    for (let i = 0; i < samples.length; i++) {
      const late = delay[position]!;
      delay[position] = samples[i]!;
      samples[i] = late * gains[i]!;
      if (++position === delay.length) position = 0;
    }
  }
}

/** Mean of the last values, 1 before there are any. */
class MovingAverage {
  private readonly values: Float64Array;
  private position = 0;
  private sum: number;

  constructor(length: number) {
    this.values = new Float64Array(length).fill(1);
    this.sum = length;
  }

  push(value: number): number {
    const { values } = this;
    this.sum += value - values[this.position]!;
    values[this.position] = value;
    if (++this.position === values.length) {
      this.position = 0;
      // Once a round the sum is taken anew, so that rounding never adds up.
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += values[i]!;
      this.sum = sum;
    }
    return this.sum / values.length;
  }

  reset(): void {
    this.values.fill(1);
    this.sum = this.values.length;
    this.position = 0;
  }
}

/** Smallest of the last values, in constant time on average: those that a later one undercuts are dropped. */
class SlidingMinimum {
  private readonly values: Float64Array;
  private readonly times: Float64Array;
  private head = 0;
  private count = 0;
  private time = 0;

  constructor(private readonly length: number) {
    this.values = new Float64Array(length);
    this.times = new Float64Array(length);
  }

  push(value: number): number {
    const { length, values, times } = this;
    const now = this.time++;
    if (this.count > 0 && times[this.head]! <= now - length) {
      this.head = this.head + 1 === length ? 0 : this.head + 1;
      this.count -= 1;
    }
    let tail = this.head + this.count;
    if (tail >= length) tail -= length;
    while (this.count > 0) {
      const last = tail === 0 ? length - 1 : tail - 1;
      if (values[last]! < value) break;
      tail = last;
      this.count -= 1;
    }
    values[tail] = value;
    times[tail] = now;
    this.count += 1;
    return values[this.head]!;
  }

  reset(): void {
    this.head = this.count = this.time = 0;
  }
}
