/** A loudness meter after ITU-R BS.1770-4 and EBU Tech 3341/3342 that is fed chunk by chunk and keeps ten numbers per second. */

import { toDb } from '../dsp/decibels.js';
import { BiquadCascade } from '../dsp/biquad.js';
import { oversamplingFactor, PeakInterpolator } from '../dsp/oversampling.js';
import { integratedLoudness, loudnessRange, lufs } from './gating.js';
import { kWeighting } from './weighting.js';

/** What was measured. A value that the standard does not define for this audio is null; `status` says why. */
export interface Loudness {
  /**
   * `measured`: integrated loudness is defined. `silent`: no 400 ms window is above -70 LUFS. `short`: less than one window of 400 ms;
   * only peaks are defined.
   */
  readonly status: 'measured' | 'silent' | 'short';
  /** Gated loudness of the whole, in LUFS. */
  readonly integrated: number | null;
  /** Largest loudness of a 400 ms window, in LUFS; null where it is silence. */
  readonly momentaryMax: number | null;
  /** Largest loudness of a 3 s window, in LUFS; null where it is silence or shorter. */
  readonly shortTermMax: number | null;
  /** Loudness range, in LU; null where it is silence or shorter than 3 s. */
  readonly range: number | null;
  /** Peak between the samples, in dBTP; null where every sample is 0. */
  readonly truePeak: number | null;
  /** Peak of the samples, in dBFS; null where every sample is 0. */
  readonly samplePeak: number | null;
  /** Length in seconds. */
  readonly duration: number;
}

/** Windows advance by a tenth of a second: 4 steps are a momentary window, 30 a short-term one. */
const STEPS_PER_SECOND = 10;
const MOMENTARY = 4;
const SHORT_TERM = 30;
const BLOCK = 1024;

/** Measures audio that arrives in chunks of any length. */
export class LoudnessMeter {
  private readonly weighting: BiquadCascade;
  private readonly blocks: readonly Float64Array[];
  private readonly interpolators: readonly PeakInterpolator[];
  private readonly peaks = new Float32Array(BLOCK);
  /** Energy and length of each finished step. */
  private readonly energies: number[] = [];
  private readonly lengths: number[] = [];
  private energy = 0;
  private stepStart = 0;
  private stepEnd: number;
  private frames = 0;
  private samplePeak = 0;
  private truePeak = 0;

  /**
   * @param sampleRate - In Hz.
   * @param channelCount - 1 or 2; a mono file is one channel, not two equal ones (which would be 3 LU louder).
   * @param options - `truePeak: false` leaves the costly interpolation out; the answer's true peak is then that of the samples.
   */
  constructor(
    private readonly sampleRate: number,
    channelCount: number,
    { truePeak = true }: { readonly truePeak?: boolean } = {},
  ) {
    this.weighting = new BiquadCascade(kWeighting(sampleRate), channelCount);
    this.blocks = Array.from({ length: channelCount }, () => new Float64Array(BLOCK));
    const factor = oversamplingFactor(sampleRate);
    this.interpolators = truePeak ? this.blocks.map(() => new PeakInterpolator(factor)) : [];
    this.stepEnd = this.endOfStep(0);
  }

  /** Measures the next chunk: one array per channel, of one length; it is left as it is. */
  push(chunk: readonly Float32Array[]): void {
    for (let start = 0; start < chunk[0]!.length; start += BLOCK) {
      this.pushBlock(chunk.map((samples) => samples.subarray(start, start + BLOCK)));
    }
  }

  /** What was measured so far. */
  result(): Loudness {
    const momentary = this.windows(MOMENTARY);
    const shortTerm = this.windows(SHORT_TERM);
    const integrated = integratedLoudness(momentary);
    return {
      status: momentary.length === 0 ? 'short' : integrated === null ? 'silent' : 'measured',
      integrated,
      momentaryMax: finite(lufs(maximum(momentary))),
      shortTermMax: finite(lufs(maximum(shortTerm))),
      range: loudnessRange(shortTerm),
      truePeak: finite(toDb(Math.max(this.truePeak, this.samplePeak, this.pendingPeak()))),
      samplePeak: finite(toDb(this.samplePeak)),
      duration: this.frames / this.sampleRate,
    };
  }

  /** Loudness of every 400 ms window, 100 ms apart, in LUFS; -Infinity for digital silence. */
  momentary(): Float64Array {
    return this.windows(MOMENTARY).map(lufs);
  }

  /** Loudness of every 3 s window, 100 ms apart, in LUFS; -Infinity for digital silence. */
  shortTerm(): Float64Array {
    return this.windows(SHORT_TERM).map(lufs);
  }

  private pushBlock(chunk: readonly Float32Array[]): void {
    const count = chunk[0]!.length;
    chunk.forEach((samples, channel) => {
      this.trackPeaks(samples, channel);
      const block = this.blocks[channel]!;
      for (let i = 0; i < count; i++) block[i] = samples[i]!;
    });
    this.weighting.filterBlock(this.blocks, count);
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + this.stepEnd - this.frames);
      for (const block of this.blocks) this.energy += energyOf(block, from, to);
      this.frames += to - from;
      from = to;
      if (this.frames === this.stepEnd) this.closeStep();
    }
  }

  private trackPeaks(samples: Float32Array, channel: number): void {
    this.samplePeak = Math.max(this.samplePeak, peakOf(samples));
    const interpolator = this.interpolators[channel];
    if (interpolator === undefined) return;
    const peaks = this.peaks.subarray(0, samples.length).fill(0);
    interpolator.process(samples, Math.max(this.truePeak, this.samplePeak), peaks);
    this.truePeak = Math.max(this.truePeak, peakOf(peaks));
  }

  /** Peak of the last samples, which come late: silence pushes them out, and is forgotten again. */
  private pendingPeak(): number {
    const peaks = new Float32Array(PeakInterpolator.delay * 2);
    for (const interpolator of this.interpolators) interpolator.peek(this.truePeak, peaks);
    return peakOf(peaks);
  }

  private closeStep(): void {
    this.energies.push(this.energy);
    this.lengths.push(this.stepEnd - this.stepStart);
    this.energy = 0;
    this.stepStart = this.stepEnd;
    this.stepEnd = this.endOfStep(this.energies.length);
  }

  private endOfStep(step: number): number {
    return Math.round(((step + 1) * this.sampleRate) / STEPS_PER_SECOND);
  }

  /** Power of each window of so many steps. */
  private windows(steps: number): Float64Array {
    const count = Math.max(0, this.energies.length - steps + 1);
    return Float64Array.from({ length: count }, (_, first) => {
      let [energy, length] = [0, 0];
      for (let step = first; step < first + steps; step++) {
        energy += this.energies[step]!;
        length += this.lengths[step]!;
      }
      return energy / length;
    });
  }
}

function energyOf(samples: Float64Array, from: number, to: number): number {
  let energy = 0;
  for (let i = from; i < to; i++) energy += samples[i]! * samples[i]!;
  return energy;
}

function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = Math.abs(samples[i]!);
    if (value > peak) peak = value;
  }
  return peak;
}

function maximum(values: Float64Array): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
