/**
 * Short-time Fourier transform as `librosa.stft` does it: frames centred on multiples of the hop, zeros beyond both ends, periodic Hann
 * window, transform in float64, result rounded to float32. One plan owns all buffers; a signal can be given whole, in chunks, or only
 * some of its frames computed.
 */

import FFT from 'fft.js';

import { InputError } from '../errors.js';
import { checkFinite } from './input.js';

const { fround } = Math;

/** Frames and hops, in samples. */
export interface StftOptions {
  /** Samples of a frame, a power of two; 2048 by default. */
  readonly nFft?: number | undefined;
  /** Samples from one frame to the next; 512 by default. */
  readonly hop?: number | undefined;
}

/** Takes a signal in chunks of any length. */
export interface SampleSink {
  /** The next samples of the signal. */
  push(samples: Float32Array): void;
  /** The signal is over. */
  end(): void;
}

/** Sees the power spectrum of one frame; the array [nFft / 2 + 1] is reused for the next one. */
export type SpectrumVisitor = (power: Float32Array, frame: number) => void;

/** A plan for one length of frame and one hop. */
export class Stft {
  readonly nFft: number;
  readonly hop: number;
  /** Frequencies of a spectrum: nFft / 2 + 1. */
  readonly bins: number;
  private readonly fft: InstanceType<typeof FFT>;
  private readonly window: Float64Array;
  private readonly frame: Float64Array;
  private readonly spectrum: Float64Array;
  private readonly power: Float32Array;

  /** @throws {@link InputError} where nFft is no power of two from 4 on, or hop no positive integer. */
  constructor({ nFft = 2048, hop = 512 }: StftOptions = {}) {
    if (!Number.isInteger(nFft) || nFft < 4 || (nFft & (nFft - 1)) !== 0) {
      throw new InputError(`stft: nFft expects a power of two from 4 on, got ${nFft}`);
    }
    if (!Number.isInteger(hop) || hop < 1) throw new InputError(`stft: hop expects a positive number of samples, got ${hop}`);
    this.nFft = nFft;
    this.hop = hop;
    this.bins = nFft / 2 + 1;
    this.fft = new FFT(nFft);
    this.window = hann(nFft);
    this.frame = new Float64Array(nFft);
    this.spectrum = new Float64Array(2 * nFft);
    this.power = new Float32Array(this.bins);
  }

  /** Frames of a signal of so many samples: one, even for the shortest. */
  frameCount(samples: number): number {
    return 1 + Math.floor(samples / this.hop);
  }

  /**
   * Visits the frames of a whole signal.
   *
   * @param samples - [samples]
   * @param visit - Called with each frame's power spectrum, and its place among those visited.
   * @param frames - Which frames to compute; all of them by default.
   * @throws {@link InputError} for an empty signal or one that is not finite.
   */
  visit(samples: Float32Array, visit: SpectrumVisitor, frames?: ArrayLike<number>): void {
    checkSignal(samples);
    const count = this.frameCount(samples.length);
    for (let at = 0; at < (frames?.length ?? count); at++) {
      const index = frames?.[at] ?? at;
      if (!(index >= 0 && index < count)) throw new InputError(`stft: expected frames 0 to ${count - 1}, got ${index}`);
      visit(this.transform(samples, index * this.hop - this.nFft / 2), at);
    }
  }

  /** Takes the signal in chunks instead, and visits the same frames; holds one frame of samples. */
  stream(visit: SpectrumVisitor): SampleSink {
    const { nFft, hop } = this;
    const held = new Float32Array(nFft);
    const zeros = new Float32Array(nFft / 2);
    let filled = zeros.length;
    let skipped = 0;
    let index = 0;
    let taken = 0;
    const take = (samples: Float32Array): void => {
      for (let at = 0; at < samples.length;) {
        const skip = Math.min(skipped, samples.length - at);
        skipped -= skip;
        at += skip;
        const part = samples.subarray(at, at + nFft - filled);
        held.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < nFft) continue;
        visit(this.transform(held, 0), index++);
        held.copyWithin(0, hop);
        filled = Math.max(nFft - hop, 0);
        skipped = Math.max(hop - nFft, 0);
      }
    };
    return {
      push: (samples) => {
        checkFinite(samples, 'audio');
        taken += samples.length;
        take(samples);
      },
      end: () => {
        if (taken === 0) throw emptySignal();
        take(zeros);
      },
    };
  }

  /** Power spectrum of the frame that starts at a sample; what lies outside the signal counts as 0. */
  private transform(samples: Float32Array, start: number): Float32Array {
    const { nFft, bins, frame, window, spectrum, power } = this;
    const first = Math.min(Math.max(-start, 0), nFft);
    const end = Math.max(Math.min(samples.length - start, nFft), first);
    frame.fill(0, 0, first);
    for (let at = first; at < end; at++) frame[at] = samples[start + at]! * window[at]!;
    frame.fill(0, end);
    this.fft.realTransform(spectrum, frame);
    for (let bin = 0; bin < bins; bin++) {
      const magnitude = absolute(fround(spectrum[2 * bin]!), fround(spectrum[2 * bin + 1]!));
      power[bin] = magnitude * magnitude;
    }
    return power;
  }
}

/** Periodic Hann window [length]: `scipy.signal.get_window('hann', length)`. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / length));
}

/**
 * Absolute value of a complex64, in numpy's own steps of float32: where later code picks the largest of nearly equal powers, as tuning
 * estimation does on an impulse, one rounding more or less would decide.
 */
function absolute(re: number, im: number): number {
  const [a, b] = [Math.abs(re), Math.abs(im)];
  const larger = a > b ? a : b;
  if (larger === 0) return 0;
  const ratio = fround((a > b ? b : a) / larger);
  return fround(fround(Math.sqrt(fround(ratio * ratio + 1))) * larger);
}

function checkSignal(samples: Float32Array): void {
  if (samples.length === 0) throw emptySignal();
  checkFinite(samples, 'audio');
}

function emptySignal(): InputError {
  return new InputError('audio: expected at least one sample, got none');
}
