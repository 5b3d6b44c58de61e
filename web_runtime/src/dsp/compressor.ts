/**
 * Feed-forward compressors: one for the whole spectrum, one for each band of a crossover. The level is a mean square, the curve has a
 * quadratic knee, and the reduction is smoothed in dB (D. Giannoulis, M. Massberg, J. Reiss, "Digital dynamic range compressor design", 2012).
 */

import { fromDb } from './decibels.js';
import { Crossover } from './crossover.js';
import type { Processor } from './processor.js';

/** What a compressor does. */
export interface CompressorSettings {
  /** Level above which it acts, in dBFS of the mean square: a full-scale sine has -3. */
  readonly thresholdDb: number;
  /** dB of input for each dB of output above the threshold; 1 or more. */
  readonly ratio: number;
  /** Width of the soft knee in dB; 0 is a hard one. */
  readonly kneeDb: number;
  /** Time to take on 63 % of a reduction, in ms. */
  readonly attackMs: number;
  /** Time to give back 63 % of it, in ms. */
  readonly releaseMs: number;
  /** Largest reduction in dB. */
  readonly rangeDb: number;
  /** Gain after it, in dB. */
  readonly makeupDb: number;
}

/** Reduction in dB, 0 or more, that the curve asks for at a level in dBFS. */
export function reductionDb(levelDb: number, { thresholdDb, ratio, kneeDb, rangeDb }: CompressorSettings): number {
  const slope = 1 - 1 / ratio;
  const over = levelDb - thresholdDb;
  const asked = over >= kneeDb / 2 ? slope * over : over > -kneeDb / 2 ? (slope * (over + kneeDb / 2) ** 2) / (2 * kneeDb) : 0;
  return Math.min(asked, rangeDb);
}

/** Samples between two looks at the level; the gain is interpolated between them. */
const HOP = 16;
/** Time constant of the mean square, in ms. */
const LEVEL_MS = 5;
const SILENCE = 1e-12;

/** One compressor; the louder channel steers all, so that the image stays where it is. */
export class Compressor implements Processor {
  /** Reduction at each look since the start: their sum in dB, their number, and the largest. */
  readonly reduction = { total: 0, looks: 0, largest: 0 };
  private readonly levels: Float64Array;
  private readonly levelShare: number;
  private readonly attack: number;
  private readonly release: number;
  private readonly energies: Float64Array;
  private position = 0;
  private smoothedDb = 0;
  private gain: number;
  private step = 0;

  constructor(
    private readonly settings: CompressorSettings,
    sampleRate: number,
    channelCount: number,
  ) {
    const share = (ms: number): number => 1 - Math.exp((-1000 * HOP) / (ms * sampleRate));
    this.levels = new Float64Array(channelCount);
    this.energies = new Float64Array(channelCount);
    this.levelShare = share(LEVEL_MS);
    this.attack = share(settings.attackMs);
    this.release = share(settings.releaseMs);
    this.gain = fromDb(settings.makeupDb);
  }

  process(chunk: readonly Float32Array[]): void {
    const length = chunk[0]!.length;
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + HOP - this.position);
      for (let channel = 0; channel < chunk.length; channel++) this.energies[channel]! += this.apply(chunk[channel]!, from, to);
      this.gain += (to - from) * this.step;
      this.position += to - from;
      from = to;
      if (this.position === HOP) this.look();
    }
  }

  reset(): void {
    this.levels.fill(0);
    this.energies.fill(0);
    this.position = this.smoothedDb = this.step = 0;
    this.gain = fromDb(this.settings.makeupDb);
  }

  /** Applies the gain to some samples and returns the energy that they came with. */
  private apply(samples: Float32Array, from: number, to: number): number {
    let energy = 0;
    let gain = this.gain;
    for (let i = from; i < to; i++) {
      const value = samples[i]!;
      energy += value * value;
      samples[i] = value * gain;
      gain += this.step;
    }
    return energy;
  }

  private look(): void {
    let loudest = SILENCE;
    for (let channel = 0; channel < this.levels.length; channel++) {
      const level = this.levels[channel]! + this.levelShare * (this.energies[channel]! / HOP - this.levels[channel]!);
      this.levels[channel] = level;
      if (level > loudest) loudest = level;
    }
    const asked = reductionDb(10 * Math.log10(loudest), this.settings);
    this.smoothedDb += (asked > this.smoothedDb ? this.attack : this.release) * (asked - this.smoothedDb);
    this.reduction.total += this.smoothedDb;
    this.reduction.looks += 1;
    this.reduction.largest = Math.max(this.reduction.largest, this.smoothedDb);
    this.step = (fromDb(this.settings.makeupDb - this.smoothedDb) - this.gain) / HOP;
    this.energies.fill(0);
    this.position = 0;
  }
}

/** One compressor for each band of a crossover. */
export class MultibandCompressor implements Processor {
  /** The bands' compressors, lowest first. */
  readonly compressors: readonly Compressor[];
  private readonly crossover: Crossover;

  /**
   * @param frequencies - Where to split, in Hz, ascending.
   * @param bands - One more than frequencies, lowest first.
   */
  constructor(frequencies: readonly number[], bands: readonly CompressorSettings[], sampleRate: number, channelCount: number) {
    this.crossover = new Crossover(frequencies, sampleRate, channelCount);
    this.compressors = bands.map((settings) => new Compressor(settings, sampleRate, channelCount));
  }

  process(chunk: readonly Float32Array[]): void {
    const bands = this.crossover.split(chunk);
    bands.forEach((band, index) => this.compressors[index]!.process(band));
    chunk.forEach((samples, channel) => {
      samples.set(bands[0]![channel]!);
      for (const band of bands.slice(1)) add(samples, band[channel]!);
    });
  }

  reset(): void {
    this.crossover.reset();
    for (const compressor of this.compressors) compressor.reset();
  }
}

function add(samples: Float32Array, other: Float32Array): void {
  for (let i = 0; i < samples.length; i++) samples[i]! += other[i]!;
}
