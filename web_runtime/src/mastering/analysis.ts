/** Everything that mastering knows of a piece of audio, gathered in one pass. */

import { type Loudness, LoudnessMeter } from '../loudness/meter.js';
import { type Dynamics, DynamicsMeter } from './dynamics.js';
import { type Spectrum, SpectrumMeter } from './spectrum.js';

/** What one pass tells. */
export interface Analysis {
  readonly loudness: Loudness;
  readonly dynamics: Dynamics;
  readonly spectrum: Spectrum;
  /** Mean of each channel's samples. */
  readonly offsets: readonly number[];
  /** Power of each channel without that mean. */
  readonly powers: readonly number[];
  /** Power of the side signal over that of the mid signal in dB; null for mono, or where the mid is silent. */
  readonly sideDb: number | null;
  /** Loudness of each 3 s window, 100 ms apart, in LUFS. */
  readonly shortTerm: Float64Array;
}

/** Gathers an {@link Analysis} of audio that arrives in chunks. */
export class Analyzer {
  private readonly meter: LoudnessMeter;
  private readonly dynamics: DynamicsMeter;
  private readonly spectrum: SpectrumMeter;
  private readonly sums: number[];
  private readonly squares: number[];
  private product = 0;
  private frames = 0;

  constructor(sampleRate: number, channelCount: number) {
    this.meter = new LoudnessMeter(sampleRate, channelCount);
    this.dynamics = new DynamicsMeter(sampleRate, channelCount);
    this.spectrum = new SpectrumMeter(sampleRate, channelCount);
    this.sums = Array<number>(channelCount).fill(0);
    this.squares = Array<number>(channelCount).fill(0);
  }

  /** Takes the next chunk: one array per channel. */
  push(chunk: readonly Float32Array[]): void {
    for (const part of [this.meter, this.dynamics, this.spectrum]) part.push(chunk);
    chunk.forEach((samples, channel) => {
      this.sums[channel]! += sumOf(samples);
      this.squares[channel]! += dot(samples, samples);
    });
    if (chunk.length === 2) this.product += dot(chunk[0]!, chunk[1]!);
    this.frames += chunk[0]!.length;
  }

  /** What was gathered; call it once, at the end. */
  result(): Analysis {
    const frames = Math.max(1, this.frames);
    const offsets = this.sums.map((sum) => sum / frames);
    const powers = this.squares.map((square, channel) => Math.max(0, square / frames - offsets[channel]! ** 2));
    return {
      loudness: this.meter.result(),
      dynamics: this.dynamics.result(),
      spectrum: this.spectrum.result(),
      offsets,
      powers,
      sideDb: this.sideDb(),
      shortTerm: this.meter.shortTerm(),
    };
  }

  private sideDb(): number | null {
    if (this.squares.length === 1) return null;
    const both = this.squares[0]! + this.squares[1]!;
    const [mid, side] = [both + 2 * this.product, both - 2 * this.product];
    return mid > 0 && side > 0 ? 10 * Math.log10(side / mid) : null;
  }
}

function sumOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]!;
  return sum;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}
