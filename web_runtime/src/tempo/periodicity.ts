/** How strongly onset curves repeat at each tempo: generalised autocorrelation and Fourier transform, averaged over windows. */

import FFT from 'fft.js';

import type { OnsetCurves } from './onsets.js';
import { centred, FRAME_RATE, normalise, RHYTHM, TEMPI, windowsOf } from './rhythm.js';

/** Complex values, one for each tempo. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Repetition by tempo. */
export interface Periodicity {
  /** Autocorrelation of each curve at the lag of each tempo, mean over windows. */
  readonly acf: readonly Float64Array[];
  /** Mean magnitude of the transform of each curve at each tempo. */
  readonly magnitude: readonly Float64Array[];
  /** Transform of each window and curve, in standard deviations of the window. */
  readonly spectrum: readonly (readonly Spectrum[])[];
}

/** Autocorrelation and spectrum of the curves, at `rate` frames a second, on the grid of tempi. */
export function periodicity(curves: OnsetCurves, rate: number = FRAME_RATE): Periodicity {
  const { starts, length } = windowsOf(curves[0].length, { rate });
  const correlate = autocorrelation(length, rate);
  const waves = wavesAt(TEMPI, length, rate);
  const acf = curves.map(() => new Float64Array(RHYTHM.points));
  const magnitude = curves.map(() => new Float64Array(RHYTHM.points));
  const spectrum = starts.map((start) =>
    curves.map((curve, band) => {
      const window = centred(curve, start, length);
      correlate(window, acf[band]!, 1 / starts.length);
      const transformed = transform(normalise(window), waves);
      const { re, im } = transformed;
      for (let at = 0; at < RHYTHM.points; at++) magnitude[band]![at]! += Math.sqrt(re[at]! ** 2 + im[at]! ** 2) / starts.length;
      return transformed;
    }),
  );
  return { acf, magnitude, spectrum };
}

/** Windowed waves of some tempi, [tempi, length] each. */
export interface Waves {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly length: number;
  readonly count: number;
}

/** Hann-windowed waves, scaled so that a sine of deviation 1 has magnitude 1; none beyond half the frame rate. */
export function wavesAt(tempi: ArrayLike<number>, length: number, rate: number = FRAME_RATE): Waves {
  const count = tempi.length;
  const [cos, sin] = [new Float64Array(count * length), new Float64Array(count * length)];
  const hann = Float64Array.from({ length }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / length));
  const scale = Math.SQRT2 / hann.reduce((sum, value) => sum + value, 0);
  for (let row = 0; row < count; row++) {
    const turns = tempi[row]! / 60 / rate;
    if (turns >= 0.5) continue;
    // A rotation a frame: as exact as sines of each angle, to 1e-13 over a window, and much faster.
    const [stepRe, stepIm] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
    let [re, im] = [1, 0];
    for (let at = 0; at < length; at++) {
      const weight = hann[at]! * scale;
      cos[row * length + at] = re * weight;
      sin[row * length + at] = -im * weight;
      [re, im] = [re * stepRe - im * stepIm, re * stepIm + im * stepRe];
    }
  }
  return { cos, sin, length, count };
}

/** Transform of a window at the tempi of the waves. */
export function transform(window: Float64Array, { cos, sin, length, count }: Waves): Spectrum {
  const [re, im] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < count; row++) {
    let [real, imaginary] = [0, 0];
    const first = row * length;
    for (let at = 0; at < length; at++) {
      real += window[at]! * cos[first + at]!;
      imaginary += window[at]! * sin[first + at]!;
    }
    re[row] = real;
    im[row] = imaginary;
  }
  return { re, im };
}

/** Adds `share` of a window's autocorrelation, 1 at lag 0 and corrected for the shrinking overlap, at the lag of each tempo. */
function autocorrelation(length: number, rate: number): (window: Float64Array, sum: Float64Array, share: number) => void {
  let size = 1;
  while (size <= 2 * length - 1) size *= 2;
  const fft = new FFT(size);
  const padded = new Float64Array(size);
  const [spectrum, compressed, inverse] = [fft.createComplexArray(), fft.createComplexArray(), fft.createComplexArray()];
  return (window, sum, share) => {
    padded.fill(0);
    padded.set(window);
    fft.realTransform(spectrum, padded);
    fft.completeSpectrum(spectrum);
    for (let at = 0; at < size; at++) {
      compressed[2 * at] = Math.sqrt(spectrum[2 * at]! ** 2 + spectrum[2 * at + 1]! ** 2) ** RHYTHM.exponent;
      compressed[2 * at + 1] = 0;
    }
    fft.inverseTransform(inverse, compressed);
    const zero = Math.max(inverse[0]!, 1e-9);
    const at = (lag: number): number => inverse[2 * lag]! / zero / (1 - lag / length);
    for (let place = 0; place < RHYTHM.points; place++) {
      const lag = (60 * rate) / TEMPI[place]!;
      if (lag > RHYTHM.longest * length) continue;
      const lower = Math.min(Math.trunc(lag), Math.max(length - 2, 0));
      const between = lag - lower;
      sum[place]! += share * (at(lower) * (1 - between) + at(Math.min(lower + 1, length - 1)) * between);
    }
  };
}
