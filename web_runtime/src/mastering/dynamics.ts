/** Level, crest factor and transients: what compression and limiting take away. */

import { toDb } from '../dsp/decibels.js';

/** Levels are taken of 5 ms; a transient is told from the 100 ms around it. */
const FRAME_SECONDS = 0.005;
const WINDOW = 20;
/** Windows so far below the loudest, in dB, are pauses. */
const AUDIBLE = 30;
const SILENCE = 1e-12;

/** Dynamics of a whole. */
export interface Dynamics {
  /** Mean square of the audible parts in dBFS, of the mean over channels. */
  readonly levelDb: number;
  /** Sample peak over the root mean square of the whole, in dB. */
  readonly crestDb: number;
  /** How far the loudest 5 ms of 100 ms stand out of them, in dB, on average over the audible parts. */
  readonly transientDb: number;
}

/** Measures dynamics of audio that arrives in chunks. */
export class DynamicsMeter {
  private readonly length: number;
  private readonly energies: number[] = [];
  private energy = 0;
  private filled = 0;
  private peak = 0;

  constructor(
    sampleRate: number,
    private readonly channelCount: number,
  ) {
    this.length = Math.round(FRAME_SECONDS * sampleRate);
  }

  /** Takes the next chunk: one array per channel. */
  push(chunk: readonly Float32Array[]): void {
    const count = chunk[0]!.length;
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + this.length - this.filled);
      for (const samples of chunk) this.take(samples, from, to);
      this.filled += to - from;
      from = to;
      if (this.filled === this.length) {
        this.energies.push(this.energy / (this.length * this.channelCount));
        this.energy = this.filled = 0;
      }
    }
  }

  /** What was measured so far. */
  result(): Dynamics {
    const windows = Array.from({ length: Math.ceil(this.energies.length / WINDOW) }, (_, window) => {
      const frames = this.energies.slice(window * WINDOW, (window + 1) * WINDOW);
      return { mean: mean(frames), peak: Math.max(...frames) };
    });
    const loudest = windows.reduce((most, window) => Math.max(most, window.mean), SILENCE);
    const audible = windows.filter((window) => window.mean > loudest * 10 ** (-AUDIBLE / 10));
    return {
      levelDb: 10 * Math.log10(mean(audible.map((window) => window.mean)) + SILENCE),
      crestDb: toDb(this.peak + SILENCE) - 10 * Math.log10(mean(this.energies) + SILENCE),
      transientDb: mean(audible.map((window) => 10 * Math.log10(window.peak / window.mean))),
    };
  }

  private take(samples: Float32Array, from: number, to: number): void {
    let { energy, peak } = this;
    for (let i = from; i < to; i++) {
      const value = samples[i]!;
      energy += value * value;
      if (value > peak) peak = value;
      else if (-value > peak) peak = -value;
    }
    this.energy = energy;
    this.peak = peak;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;
}
