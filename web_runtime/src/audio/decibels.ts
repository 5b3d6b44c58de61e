/** Powers to decibels: `librosa.power_to_db` with its reference of 1. */

import type { Frames } from './frames.js';

/** Smallest power that is told from silence, as in librosa: -100 dB. */
const LEAST_POWER = 1e-10;

/** Decibels below the loudest value at which librosa cuts off. */
export const TOP_DB = 80;

/**
 * Turns powers into decibels, in place.
 *
 * @param topDb - Values that lie further below the largest one of all frames are raised to there; `null` leaves them. A stream knows its
 * largest value only at its end: convert with `null` as frames come, and {@link raiseFloor} then.
 * @returns The same frames.
 */
export function powerToDb(frames: Frames, topDb: number | null = TOP_DB): Frames {
  const { values } = frames;
  for (let at = 0; at < values.length; at++) values[at] = 10 * Math.log10(Math.max(LEAST_POWER, values[at]!));
  return topDb === null ? frames : raiseFloor(frames, topDb);
}

/** Raises decibels that lie more than `topDb` below the largest of all frames to there, in place. */
export function raiseFloor(frames: Frames, topDb = TOP_DB): Frames {
  const { values } = frames;
  let most = -Infinity;
  for (let at = 0; at < values.length; at++) most = Math.max(most, values[at]!);
  const floor = most - topDb;
  for (let at = 0; at < values.length; at++) values[at] = Math.max(values[at]!, floor);
  return frames;
}
