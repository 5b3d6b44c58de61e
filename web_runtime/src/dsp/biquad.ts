/**
 * Second-order filters: designs after R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients", their frequency
 * response, and a cascade that filters audio chunk by chunk in double precision.
 */

import { fromDb } from './decibels.js';
import type { Processor } from './processor.js';

/** Coefficients of `(b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)`. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** Quality of a maximally flat (Butterworth) second-order filter, and of a shelf without overshoot. */
export const BUTTERWORTH_Q = Math.SQRT1_2;

/** Filters by what they do; frequency and rate in Hz, gain in dB. */
export type BiquadKind = 'lowPass' | 'highPass' | 'allPass' | 'peaking' | 'lowShelf' | 'highShelf';

/** One filter as a person would set it. */
export interface BiquadSettings {
  readonly kind: BiquadKind;
  /** Corner, centre or midpoint, in Hz. */
  readonly frequency: number;
  /** Quality; {@link BUTTERWORTH_Q} where left out. */
  readonly q?: number;
  /** Gain in dB of peaking and shelving filters; 0 where left out. */
  readonly gainDb?: number;
}

/** Highest frequency that a design is given, as a share of the rate: the bilinear transform folds everything towards one half. */
const HIGHEST = 0.49;

/** Designs one filter for a sampling rate. Frequencies above 0.49 of the rate are taken as that. */
export function designBiquad({ kind, frequency, q = BUTTERWORTH_Q, gainDb = 0 }: BiquadSettings, sampleRate: number): Biquad {
  const omega = 2 * Math.PI * Math.min(frequency / sampleRate, HIGHEST);
  const cos = Math.cos(omega);
  const alpha = Math.sin(omega) / (2 * q);
  const a = fromDb(gainDb / 2);
  switch (kind) {
    case 'lowPass':
      return normalized((1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha);
    case 'highPass':
      return normalized((1 + cos) / 2, -1 - cos, (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha);
    case 'allPass':
      return normalized(1 - alpha, -2 * cos, 1 + alpha, 1 + alpha, -2 * cos, 1 - alpha);
    case 'peaking':
      return normalized(1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a);
    case 'lowShelf':
      return shelf(a, cos, alpha);
    case 'highShelf': {
      // The mirror image of the low shelf: cos changes its sign, and with it every odd coefficient.
      const { b0, b1, b2, a1, a2 } = shelf(a, -cos, alpha);
      return { b0, b1: -b1, b2, a1: -a1, a2 };
    }
  }
}

function shelf(a: number, cos: number, alpha: number): Biquad {
  const root = 2 * Math.sqrt(a) * alpha;
  return normalized(
    a * (a + 1 - (a - 1) * cos + root),
    2 * a * (a - 1 - (a + 1) * cos),
    a * (a + 1 - (a - 1) * cos - root),
    a + 1 + (a - 1) * cos + root,
    -2 * (a - 1 + (a + 1) * cos),
    a + 1 + (a - 1) * cos - root,
  );
}

function normalized(b0: number, b1: number, b2: number, a0: number, a1: number, a2: number): Biquad {
  return { b0: b0 / a0, b1: b1 / a0, b2: b2 / a0, a1: a1 / a0, a2: a2 / a0 };
}

/** Gain in dB of filters in a row at a frequency in Hz. */
export function gainDbAt(filters: readonly Biquad[], frequency: number, sampleRate: number): number {
  const omega = (2 * Math.PI * frequency) / sampleRate;
  const [c1, s1, c2, s2] = [Math.cos(omega), Math.sin(omega), Math.cos(2 * omega), Math.sin(2 * omega)];
  let power = 1;
  for (const { b0, b1, b2, a1, a2 } of filters) {
    const above = (b0 + b1 * c1 + b2 * c2) ** 2 + (b1 * s1 + b2 * s2) ** 2;
    const below = (1 + a1 * c1 + a2 * c2) ** 2 + (a1 * s1 + a2 * s2) ** 2;
    power *= above / below;
  }
  return 10 * Math.log10(power);
}

/** Samples filtered at a time: small enough for the fastest cache. */
const BLOCK = 1024;

/** Filters in a row, each with a state of its own per channel (transposed direct form II). */
export class BiquadCascade implements Processor {
  private readonly state: Float64Array;
  private readonly scratch: readonly Float64Array[];

  constructor(
    private readonly filters: readonly Biquad[],
    channelCount: number,
  ) {
    this.state = new Float64Array(filters.length * channelCount * 2);
    this.scratch = Array.from({ length: channelCount }, () => new Float64Array(BLOCK));
  }

  process(chunk: readonly Float32Array[]): void {
    const length = chunk[0]!.length;
    for (let start = 0; start < length; start += BLOCK) {
      const count = Math.min(BLOCK, length - start);
      chunk.forEach((samples, channel) => {
        const block = this.scratch[channel]!;
        for (let i = 0; i < count; i++) block[i] = samples[start + i]!;
      });
      this.filterBlock(this.scratch, count);
      chunk.forEach((samples, channel) => {
        const block = this.scratch[channel]!;
        for (let i = 0; i < count; i++) samples[start + i] = block[i]!;
      });
    }
  }

  /** Filters a block of double-precision samples in place. */
  filterBlock(block: readonly Float64Array[], count: number): void {
    for (let filter = 0; filter < this.filters.length; filter++) {
      const at = filter * block.length * 2;
      if (block.length === 2) filterPair(this.filters[filter]!, this.state, at, block[0]!, block[1]!, count);
      else filterOne(this.filters[filter]!, this.state, at, block[0]!, count);
    }
  }

  reset(): void {
    this.state.fill(0);
  }
}

function filterOne({ b0, b1, b2, a1, a2 }: Biquad, state: Float64Array, at: number, samples: Float64Array, count: number): void {
  let s1 = state[at]!;
  let s2 = state[at + 1]!;
  for (let i = 0; i < count; i++) {
    const x = samples[i]!;
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    samples[i] = y;
  }
  state[at] = settled(s1);
  state[at + 1] = settled(s2);
}

/** Both channels in one loop: their chains of dependent operations run side by side, in little more time than one. */
function filterPair(
  { b0, b1, b2, a1, a2 }: Biquad,
  state: Float64Array,
  at: number,
  left: Float64Array,
  right: Float64Array,
  count: number,
): void {
  let [s1, s2, t1, t2] = [state[at]!, state[at + 1]!, state[at + 2]!, state[at + 3]!];
  for (let i = 0; i < count; i++) {
    const x = left[i]!;
    const u = right[i]!;
    const y = b0 * x + s1;
    const v = b0 * u + t1;
    s1 = b1 * x - a1 * y + s2;
    t1 = b1 * u - a1 * v + t2;
    s2 = b2 * x - a2 * y;
    t2 = b2 * u - a2 * v;
    left[i] = y;
    right[i] = v;
  }
  state[at] = settled(s1);
  state[at + 1] = settled(s2);
  state[at + 2] = settled(t1);
  state[at + 3] = settled(t2);
}

/** Fading into denormal numbers would make every later sample slow. */
function settled(value: number): number {
  return Math.abs(value) < 1e-30 ? 0 : value;
}
