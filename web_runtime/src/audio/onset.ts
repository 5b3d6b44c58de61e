/** Onset strength: how much louder the bands become from one frame to the next, `librosa.onset.onset_strength`. */

import { InputError } from '../errors.js';
import { median } from './median.js';
import type { Frames } from './frames.js';

/** How the flux of the bands becomes one number, and over which bands. */
export interface OnsetOptions {
  /** `mean` by default, as in librosa. */
  readonly aggregate?: 'mean' | 'median' | undefined;
  /** First band that counts, and the one after the last; all by default. */
  readonly bands?: readonly [from: number, to: number] | undefined;
  /** Frames that an onset lies after the frame that first hears it: half a frame in hops, 2 by default (nFft 2048, hop 512). */
  readonly centring?: number | undefined;
}

/**
 * Onset strength of each frame [frames], in decibels a frame.
 *
 * @param logMel - Decibels [frames, bands] as {@link powerToDb} makes them, with their floor raised.
 * @throws {@link InputError} for bands that are not there.
 */
export function onsetStrength(logMel: Frames, { aggregate = 'mean', bands, centring = 2 }: OnsetOptions = {}): Float32Array {
  const { values, count, size } = logMel;
  const [from, to] = bands ?? [0, size];
  if (!(from >= 0 && from < to && to <= size)) throw new InputError(`onset: expected bands within 0 to ${size}, got ${from} to ${to}`);
  const rises = new Float64Array(to - from);
  const strength = new Float32Array(count);
  for (let frame = 1; frame + centring < count; frame++) {
    const now = frame * size + from;
    for (let at = 0; at < rises.length; at++) rises[at] = Math.max(values[now + at]! - values[now + at - size]!, 0);
    strength[frame + centring] = aggregate === 'mean' ? mean(rises) : median(rises);
  }
  return strength;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
}
