/** Mel spectrogram with Slaney's scale and area normalisation: `librosa.filters.mel` and `librosa.feature.melspectrogram`. */

import { InputError } from '../errors.js';
import { emptyFrames, type Frames, frameOf } from './frames.js';
import { Stft, type StftOptions } from './stft.js';

/** Bands of a mel filterbank. */
export interface MelBands {
  /** Samples per second of the signal. */
  readonly sampleRate: number;
  /** How many bands; 128 by default. */
  readonly bands?: number | undefined;
  /** Lowest frequency in Hz; 0 by default. */
  readonly fMin?: number | undefined;
  /** Highest frequency in Hz; half the sample rate by default. */
  readonly fMax?: number | undefined;
}

/** A mel spectrogram's bands, and the frames it is computed over. */
export interface MelOptions extends MelBands, StftOptions {
  /** Which frames of the STFT to compute, by index, for features that sample time sparsely; all by default. */
  readonly frames?: ArrayLike<number> | undefined;
}

/** Slaney's scale: linear below 1 kHz, 200 / 3 Hz a mel; above it 27 mel for a factor of 6.4 (Auditory Toolbox, 1998). */
const HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const LOG_STEP = Math.log(6.4) / 27;

/** Triangular filters over the bins of a power spectrum, stored without their zeros. */
export class MelFilters {
  readonly bands: number;
  private readonly starts: Int32Array;
  private readonly weights: readonly Float32Array[];

  /** @throws {@link InputError} where the bands do not fit between 0 and half the sample rate. */
  constructor({ sampleRate, bands = 128, fMin = 0, fMax = sampleRate / 2 }: MelBands, nFft: number) {
    if (!Number.isInteger(bands) || bands < 1) throw new InputError(`mel: bands expects a positive integer, got ${bands}`);
    if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2)) {
      throw new InputError(`mel: expected 0 <= fMin < fMax <= ${sampleRate / 2} Hz, got ${fMin} and ${fMax}`);
    }
    this.bands = bands;
    this.starts = new Int32Array(bands);
    const edges = melFrequencies(bands + 2, fMin, fMax);
    this.weights = Array.from({ length: bands }, (_, band) => {
      const [low, centre, high] = edges.subarray(band, band + 3) as unknown as [number, number, number];
      const weight = (bin: number): number => {
        const hz = (bin * sampleRate) / nFft;
        return Math.max(0, Math.min((hz - low) / (centre - low), (high - hz) / (high - centre))) * (2 / (high - low));
      };
      const first = Math.ceil((low * nFft) / sampleRate);
      const last = Math.min(Math.floor((high * nFft) / sampleRate), nFft / 2);
      this.starts[band] = first;
      return Float32Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => weight(first + at));
    });
  }

  /** Energy of each band [bands] of a power spectrum [nFft / 2 + 1]. */
  apply(power: Float32Array, out: Float32Array): void {
    for (let band = 0; band < this.bands; band++) {
      const weights = this.weights[band]!;
      const start = this.starts[band]!;
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += weights[at]! * power[start + at]!;
      out[band] = sum;
    }
  }
}

/**
 * Mel spectrogram of a whole signal: energies [frames, bands].
 *
 * @param samples - [samples], at `sampleRate`.
 * @throws {@link InputError} for an empty signal, one that is not finite, or options that do not fit.
 */
export function melSpectrogram(samples: Float32Array, options: MelOptions): Frames {
  const stft = new Stft(options);
  const filters = new MelFilters(options, stft.nFft);
  const mel = emptyFrames(options.frames?.length ?? stft.frameCount(samples.length), filters.bands);
  stft.visit(samples, (power, index) => filters.apply(power, frameOf(mel, index)), options.frames);
  return mel;
}

/** Frequencies in Hz, evenly spaced in mel. */
function melFrequencies(count: number, fMin: number, fMax: number): Float64Array {
  const low = hzToMel(fMin);
  const step = (hzToMel(fMax) - low) / (count - 1);
  return Float64Array.from({ length: count }, (_, at) => melToHz(low + at * step));
}

function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / HZ_PER_MEL : BREAK_HZ / HZ_PER_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

function melToHz(mel: number): number {
  const past = mel - BREAK_HZ / HZ_PER_MEL;
  return past < 0 ? mel * HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * past);
}
