/**
 * The one resampler, because every browser's own is another: a polyphase Kaiser-windowed sinc, designed from the constants of
 * `datasets/resampler.json` as `datasets/resampling.py` designs it.
 */

import { InputError } from '../errors.js';
import { RESAMPLER } from '../generated/resampler.js';
import { checkFinite, type MonoAudio } from './input.js';

/** Filters for one pair of rates. */
export interface Polyphase {
  /** The ratio of the rates in lowest terms. */
  readonly up: number;
  readonly down: number;
  /** Samples on either side of a moment that its value is made from. */
  readonly width: number;
  /** Taps [up, 2 * width]: row `p` is for a moment `p / up` of a sample after the last one on its left. */
  readonly taps: Float64Array;
}

/**
 * Designs the filters from one rate to another; length and shape of the window follow Kaiser (1974).
 *
 * @param from - Samples per second of the source.
 * @param to - Samples per second of the target.
 */
export function polyphase(from: number, to: number): Polyphase {
  const divisor = greatestCommonDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  const { passband, stopband, attenuation } = RESAMPLER;
  const scale = Math.min(1, to / from);
  const width = Math.ceil((attenuation - 7.95) / (2.285 * Math.PI * (stopband - passband)) / 2 / scale);
  const cutoff = (scale * (passband + stopband)) / 2;
  const beta = 0.1102 * (attenuation - 8.7);
  const taps = new Float64Array(up * 2 * width);
  for (let phase = 0, tap = 0; phase < up; phase++) {
    for (let at = 1 - width; at <= width; at++) {
      const away = at - phase / up;
      const window = Math.abs(away) < width ? besselI0(beta * Math.sqrt(1 - (away / width) ** 2)) / besselI0(beta) : 0;
      taps[tap++] = cutoff * sinc(cutoff * away) * window;
    }
  }
  return { up, down, width, taps };
}

/** Resamples a signal that comes in chunks; holds no more of it than the filter spans. */
export class Resampler {
  private readonly filters: Polyphase;
  /** The last samples taken; the next output needs them all. */
  private held: Float32Array;
  /** Place in `held` of the sample on the next output's left, and its phase. */
  private left: number;
  private phase = 0;
  private taken = 0;
  private given = 0;

  /** @throws {@link InputError} where a rate is no positive whole number. */
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    for (const rate of [from, to]) {
      if (!Number.isInteger(rate) || rate < 1) throw new InputError(`resample: expected rates as whole numbers of Hz, got ${rate}`);
    }
    this.filters = polyphase(from, to);
    this.held = new Float32Array(this.filters.width - 1);
    this.left = this.held.length;
  }

  /** Takes the next samples and returns those that are settled by now. */
  push(samples: Float32Array): Float32Array {
    checkFinite(samples, 'resample');
    this.taken += samples.length;
    return this.take(samples);
  }

  /** The rest; all in all ceil(samples * to / from). */
  end(): Float32Array {
    const { up, down, width } = this.filters;
    const missing = Math.ceil((this.taken * up) / down) - this.given;
    return this.take(new Float32Array(width)).subarray(0, missing);
  }

  private take(samples: Float32Array): Float32Array {
    const { up, down, width, taps } = this.filters;
    const joined = new Float32Array(this.held.length + samples.length);
    joined.set(this.held);
    joined.set(samples, this.held.length);
    const settled = joined.length - width - this.left;
    const out = new Float32Array(Math.max(Math.ceil((settled * up - this.phase) / down), 0));
    let { left, phase } = this;
    for (let at = 0; at < out.length; at++) {
      out[at] = weighted(joined, left - width + 1, taps, phase * 2 * width, 2 * width);
      phase += down;
      const whole = Math.floor(phase / up);
      left += whole;
      phase -= whole * up;
    }
    const start = Math.min(left - width + 1, joined.length);
    this.held = joined.slice(start);
    this.left = left - start;
    this.phase = phase;
    this.given += out.length;
    return out;
  }
}

/**
 * Resamples a whole signal; the signal itself where the rates are equal.
 *
 * @param to - Samples per second wanted.
 * @throws {@link InputError} for rates that are no whole numbers, or samples that are not finite.
 */
export function resample({ samples, sampleRate }: MonoAudio, to: number): MonoAudio {
  if (sampleRate === to) return { samples, sampleRate };
  const resampler = new Resampler(sampleRate, to);
  const settled = resampler.push(samples);
  const rest = resampler.end();
  const all = new Float32Array(settled.length + rest.length);
  all.set(settled);
  all.set(rest, settled.length);
  return { samples: all, sampleRate: to };
}

/** Sum of products; four sums at once keep the processor busy, and their order the same everywhere. */
function weighted(samples: Float32Array, start: number, taps: Float64Array, tap: number, count: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = count - (count % 4);
  let at = 0;
  for (; at < whole; at += 4) {
    a += samples[start + at]! * taps[tap + at]!;
    b += samples[start + at + 1]! * taps[tap + at + 1]!;
    c += samples[start + at + 2]! * taps[tap + at + 2]!;
    d += samples[start + at + 3]! * taps[tap + at + 3]!;
  }
  for (; at < count; at++) a += samples[start + at]! * taps[tap + at]!;
  return a + b + (c + d);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
function besselI0(x: number): number {
  let [sum, term] = [1, 1];
  for (let order = 1; term > sum * 1e-17; order++) {
    term *= (x / (2 * order)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
