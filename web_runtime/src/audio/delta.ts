/** How features change over time: `librosa.feature.delta`, a Savitzky-Golay derivative whose ends continue the outermost fit. */

import { InputError } from '../errors.js';
import { emptyFrames, type Frames } from './frames.js';

/**
 * First or second local derivative of each value over time, per frame [frames, size].
 *
 * A polynomial of degree `order` is fitted over `width` frames; its `order`-th derivative is constant, so the frames nearer to an end than
 * half a window take that of the outermost window.
 *
 * @param width - Frames of a window, odd; 9 by default.
 * @param order - 1 or 2.
 * @throws {@link InputError} for fewer frames than a window has.
 */
export function delta(frames: Frames, { width = 9, order = 1 }: { readonly width?: number; readonly order?: 1 | 2 } = {}): Frames {
  if (!Number.isInteger(width) || width < 3 || width % 2 === 0) {
    throw new InputError(`delta: width expects an odd number of frames from 3 on, got ${width}`);
  }
  if (frames.count < width) throw new InputError(`delta: expected at least ${width} frames, got ${frames.count}; use a narrower width`);
  const weights = derivative(width, order);
  const half = (width - 1) / 2;
  const change = emptyFrames(frames.count, frames.size);
  for (let frame = 0; frame < frames.count; frame++) {
    const first = Math.min(Math.max(frame - half, 0), frames.count - width);
    for (let at = 0; at < frames.size; at++) {
      let sum = 0;
      for (let tap = 0; tap < width; tap++) sum += weights[tap]! * frames.values[(first + tap) * frames.size + at]!;
      change.values[frame * frames.size + at] = sum;
    }
  }
  return change;
}

/** Least-squares weights of the highest coefficient times order!, by the polynomial of that degree that is orthogonal to lower ones. */
function derivative(width: number, order: 1 | 2): Float64Array {
  const half = (width - 1) / 2;
  const mean = (half * (half + 1)) / 3;
  const polynomial = Float64Array.from({ length: width }, (_, at) => (order === 1 ? at - half : (at - half) ** 2 - mean));
  const power = polynomial.reduce((sum, value, at) => sum + value * (at - half) ** order, 0);
  return polynomial.map((value) => (order * value) / power);
}
