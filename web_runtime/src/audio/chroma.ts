/** Chroma: the energy of the twelve pitch classes, `librosa.filters.chroma` and `librosa.feature.chroma_stft`. */

import { emptyFrames, type Frames, frameOf } from './frames.js';
import { Stft, type StftOptions } from './stft.js';
import { TuningEstimator } from './tuning.js';

/** Pitch classes from C on. */
export const PITCH_CLASSES = 12;

const A0_HZ = 27.5;
/** The octave from A0 whose pitches weigh most, and the width of the bell around it, in octaves. */
const [CENTRE, WIDTH] = [5, 2];
/** C lies so many semitones above A. */
const A_TO_C = 3;
/** Smallest positive normal float32: librosa leaves frames that are no louder as they are. */
const TINY = 2 ** -126;

/** Frames of a chromagram, and its tuning. */
export interface ChromaOptions extends StftOptions {
  /** Fraction of a semitone that the recording is tuned above A = 440 Hz; estimated by default, in a pass of its own. */
  readonly tuning?: number | undefined;
}

/** Weights of each pitch class over the bins of a power spectrum. */
export class ChromaFilters {
  /** [bins, 12] */
  private readonly weights: Float32Array;
  private readonly sums = new Float64Array(PITCH_CLASSES);

  /** @param tuning - Fraction of a semitone above A = 440 Hz. */
  constructor(sampleRate: number, nFft: number, tuning: number) {
    const bins = nFft / 2 + 1;
    const base = A0_HZ * 2 ** (tuning / PITCH_CLASSES);
    // Semitones above A0; the bin of 0 Hz is taken to lie one and a half octaves below the first.
    const semitones = (bin: number): number =>
      bin === 0 ? semitones(1) - 1.5 * PITCH_CLASSES : PITCH_CLASSES * Math.log2((bin * sampleRate) / nFft / base);
    this.weights = new Float32Array(bins * PITCH_CLASSES);
    for (let bin = 0; bin < bins; bin++) {
      const pitch = semitones(bin);
      const width = Math.max(semitones(bin + 1) - pitch, 1);
      const bumps = Float64Array.from({ length: PITCH_CLASSES }, (_, above) =>
        Math.exp(-0.5 * ((2 * distance(pitch, above)) / width) ** 2),
      );
      const scale = Math.exp(-0.5 * ((pitch / PITCH_CLASSES - CENTRE) / WIDTH) ** 2) / Math.hypot(...bumps);
      bumps.forEach((bump, above) => {
        this.weights[bin * PITCH_CLASSES + ((above + PITCH_CLASSES - A_TO_C) % PITCH_CLASSES)] = bump * scale;
      });
    }
  }

  /** Chroma [12] of a power spectrum, the largest 1. */
  apply(power: Float32Array, out: Float32Array): void {
    const { sums, weights } = this;
    sums.fill(0);
    for (let bin = 0, at = 0; bin < power.length; bin++) {
      const value = power[bin]!;
      for (let above = 0; above < PITCH_CLASSES; above++) sums[above]! += weights[at++]! * value;
    }
    const largest = Math.max(...sums);
    for (let above = 0; above < PITCH_CLASSES; above++) out[above] = sums[above]! / (largest < TINY ? 1 : largest);
  }
}

/** The tuning of a whole signal, in fractions of a semitone above A = 440 Hz. */
export function estimateTuning(samples: Float32Array, sampleRate: number, options: StftOptions = {}): number {
  const stft = new Stft(options);
  const estimator = new TuningEstimator(stft, sampleRate);
  stft.visit(samples, (power) => estimator.add(power));
  return estimator.tuning();
}

/**
 * Chromagram of a whole signal [frames, 12], from C on, each frame's largest value 1.
 *
 * @param samples - [samples], at `sampleRate`.
 * @throws {@link InputError} for an empty signal or one that is not finite.
 */
export function chromagram(samples: Float32Array, sampleRate: number, { tuning, ...options }: ChromaOptions = {}): Frames {
  const stft = new Stft(options);
  const filters = new ChromaFilters(sampleRate, stft.nFft, tuning ?? estimateTuning(samples, sampleRate, options));
  const chroma = emptyFrames(stft.frameCount(samples.length), PITCH_CLASSES);
  stft.visit(samples, (power, frame) => filters.apply(power, frameOf(chroma, frame)));
  return chroma;
}

/** Semitones from a pitch class to a pitch, by the shorter way round. */
function distance(pitch: number, above: number): number {
  const half = PITCH_CLASSES / 2;
  const turned = (pitch - above + half) % PITCH_CLASSES;
  return (turned < 0 ? turned + PITCH_CLASSES : turned) - half;
}
