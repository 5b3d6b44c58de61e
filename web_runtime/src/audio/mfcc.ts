/** Mel-frequency cepstral coefficients: the orthonormal DCT-II of a log-mel spectrogram, as `librosa.feature.mfcc`. */

import { InputError } from '../errors.js';
import { emptyFrames, type Frames } from './frames.js';

/**
 * The first coefficients of each frame [frames, count].
 *
 * @param logMel - Decibels [frames, bands].
 * @param count - How many, from the constant one on; 40 by default.
 * @throws {@link InputError} for more coefficients than bands.
 */
export function mfcc(logMel: Frames, count = 40): Frames {
  const { size: bands } = logMel;
  if (!Number.isInteger(count) || count < 1 || count > bands) {
    throw new InputError(`mfcc: count expects 1 to ${bands} coefficients of ${bands} bands, got ${count}`);
  }
  const basis = cosines(count, bands);
  const coefficients = emptyFrames(logMel.count, count);
  for (let frame = 0, out = 0; frame < logMel.count; frame++) {
    const start = frame * bands;
    for (let order = 0, weight = 0; order < count; order++) {
      let sum = 0;
      for (let band = 0; band < bands; band++) sum += basis[weight++]! * logMel.values[start + band]!;
      coefficients.values[out++] = sum;
    }
  }
  return coefficients;
}

/** Rows [count, bands] of the orthonormal DCT-II. */
function cosines(count: number, bands: number): Float64Array {
  const basis = new Float64Array(count * bands);
  for (let order = 0; order < count; order++) {
    const scale = Math.sqrt((order === 0 ? 1 : 2) / bands);
    for (let band = 0; band < bands; band++) basis[order * bands + band] = scale * Math.cos((Math.PI * order * (band + 0.5)) / bands);
  }
  return basis;
}
