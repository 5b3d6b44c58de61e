/**
 * The one resampler, because every browser's own is another: a polyphase Kaiser-windowed sinc, designed from the constants of
 * `datasets/resampler.json` as `datasets/resampling.py` designs it.
 */

import { InputError } from '../errors.js';
import { RESAMPLER } from '../generated/resampler.js';
import { type Fir, type FirTaps, startFir } from './fir.js';
import { checkFinite, type MonoAudio } from './input.js';

/** Samples that are worked on at once: what lies in between does not grow with the signal. */
const BLOCK = 1 << 16;

/** Filters that were designed, by their rates, and how many taps they may have to be kept: those between the usual rates have fewer. */
const KEPT_TAPS = 1 << 18;
const designed = new Map<string, FirTaps>();

/**
 * Designs the filters from one rate to another; length and shape of the window follow Kaiser (1974).
 *
 * @param from - Samples per second of the source.
 * @param to - Samples per second of the target.
 */
export function polyphase(from: number, to: number): FirTaps {
  const rates = `${from} ${to}`;
  const filters = designed.get(rates) ?? design(from, to);
  if (filters.taps.length <= KEPT_TAPS) designed.set(rates, filters);
  return filters;
}

function design(from: number, to: number): FirTaps {
  const divisor = greatestCommonDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  const { passband, stopband, attenuation, multiple } = RESAMPLER;
  const scale = Math.min(1, to / from);
  const length = (attenuation - 7.95) / (2.285 * Math.PI * (stopband - passband)) / scale;
  const row = Math.ceil(length / multiple) * multiple;
  const width = row / 2;
  const cutoff = (scale * (passband + stopband)) / 2;
  const beta = 0.1102 * (attenuation - 8.7);
  const peak = besselI0(beta);
  const kaiser = (share: number): number => (Math.abs(share) < 1 ? besselI0(beta * Math.sqrt(1 - share ** 2)) / peak : 0);
  const taps = new Float32Array(up * row);
  for (let phase = 0, tap = 0; phase < up; phase++) {
    for (let at = 1 - width; at <= width; at++) {
      const away = at - phase / up;
      taps[tap++] = cutoff * sinc(cutoff * away) * kaiser(away / width);
    }
  }
  return { up, down, row, taps };
}

/** Resamples a signal that comes in chunks; holds no more of it than the filter spans. */
export class Resampler {
  private readonly filters: FirTaps;
  private readonly fir: Fir;
  /** Samples on either side of a moment that its value is made from. */
  private readonly width: number;
  /** The samples from the first one that the next output needs, at the start of a buffer that blocks are appended to. */
  private readonly line: Float32Array;
  private held: number;
  /** Samples still to come, and to be left out, before the first one that the next output needs. */
  private skipped = 0;
  /** Where between two samples the next output lies, in parts of `up`. */
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
    this.fir = startFir(this.filters);
    this.width = this.filters.row / 2;
    this.line = new Float32Array(this.filters.row + Math.ceil(from / to) + BLOCK);
    this.held = this.width - 1;
  }

  /** Takes the next samples and returns those that are settled by now. */
  push(samples: Float32Array): Float32Array {
    checkFinite(samples, 'resample');
    this.taken += samples.length;
    return this.take(samples);
  }

  /** The rest; all in all ceil(samples * to / from). */
  end(): Float32Array {
    const { up, down } = this.filters;
    const missing = Math.ceil((this.taken * up) / down) - this.given;
    return this.take(new Float32Array(this.width)).subarray(0, missing);
  }

  private take(samples: Float32Array): Float32Array {
    const out = new Float32Array(this.settled(samples.length));
    for (let at = 0, given = 0; at < samples.length; at += BLOCK) {
      const block = samples.subarray(at, at + BLOCK);
      const count = this.settled(block.length);
      this.takeBlock(block, out.subarray(given, given + count));
      given += count;
    }
    this.given += out.length;
    return out;
  }

  /** Outputs whose samples will all be there after so many more. */
  private settled(more: number): number {
    const { up, down, row } = this.filters;
    // The next output's samples begin at `skipped`, and the last of them is to be there.
    return Math.max(Math.ceil(((this.held + more - row + 1 - this.skipped) * up - this.phase) / down), 0);
  }

  private takeBlock(block: Float32Array, out: Float32Array): void {
    const { up, down } = this.filters;
    const length = this.held + block.length;
    this.line.set(block, this.held);
    this.fir(this.line.subarray(0, length), this.skipped, this.phase, out);
    const moved = this.phase + out.length * down;
    const first = this.skipped + Math.floor(moved / up);
    this.phase = moved % up;
    this.line.copyWithin(0, first, length);
    this.held = Math.max(length - first, 0);
    this.skipped = Math.max(first - length, 0);
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
  return { samples: joined([resampler.push(samples), resampler.end()]), sampleRate: to };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
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
