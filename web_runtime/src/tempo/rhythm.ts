/** The grid of tempi and the windows that the analysis works on; `datasets/rhythm.json` holds the constants, for Python as well. */

import { RHYTHM } from '../generated/rhythm.js';

export { RHYTHM };

/** Frames per second of the analysis. */
export const FRAME_RATE = RHYTHM.sampleRate / RHYTHM.hop;

/** The grid in BPM. */
export const TEMPI = Float64Array.from({ length: RHYTHM.points }, (_, at) => tempoAt(at));

/** BPM at a place of the grid, whole or between points. */
export function tempoAt(place: number): number {
  return RHYTHM.lowest * 2 ** (place / RHYTHM.perOctave);
}

/** Where a tempo in BPM lies on the grid. */
export function placeOf(bpm: number): number {
  return RHYTHM.perOctave * Math.log2(bpm / RHYTHM.lowest);
}

/** Windows of equal length that evenly cover a recording. */
export interface Windows {
  /** First frames. */
  readonly starts: readonly number[];
  /** Frames of each. */
  readonly length: number;
}

/** Seconds of a window and from one to the next, and frames per second; the analysis' own where left out. */
export interface WindowOptions {
  readonly seconds?: number;
  readonly step?: number;
  readonly rate?: number;
}

/** Windows of `seconds` about every `step` seconds; a shorter recording is one window. */
export function windowsOf(frames: number, { seconds = RHYTHM.window, step = RHYTHM.step, rate = FRAME_RATE }: WindowOptions = {}): Windows {
  const length = Math.min(Math.trunc(seconds * rate), frames);
  const count = Math.trunc((frames - length) / (step * rate) + 0.5) + 1;
  const starts = Array.from({ length: count }, (_, at) => Math.floor((at * (frames - length)) / Math.max(count - 1, 1)));
  return { starts, length };
}

/** A window of a curve without its mean. */
export function centred(curve: Float64Array, start: number, length: number): Float64Array {
  const window = curve.slice(start, start + length);
  const mean = window.reduce((sum, value) => sum + value, 0) / length;
  for (let at = 0; at < length; at++) window[at]! -= mean;
  return window;
}

/** Divides a centred window by its standard deviation, in place. */
export function normalise(window: Float64Array): Float64Array {
  let power = 0;
  for (let at = 0; at < window.length; at++) power += window[at]! ** 2;
  const deviation = Math.max(Math.sqrt(power / window.length), 1e-9);
  for (let at = 0; at < window.length; at++) window[at]! /= deviation;
  return window;
}
