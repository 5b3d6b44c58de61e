/** The chords that pitch classes spell, and which chord follows which: the second half of `datasets/key_features.py`. */

import { CHROMA, type PitchClasses, type PitchGrid } from './pitches.js';

/** Constants of chords beside those of pitches, from the manifest. */
export interface ChordGrid extends PitchGrid {
  /** Frames on either side over which chroma is averaged before chords are told. */
  readonly reach: number;
  /** The factor of a triad's correlation in the exponent. */
  readonly sharpness: number;
  /** Frames from a chord to the one that counts as following it. */
  readonly lags: readonly number[];
  /** Fewer frames than these are repeated to make as many. */
  readonly frames: number;
}

/** What the key model reads of a recording, or of a part of it. */
export interface KeyFeatures {
  /** Means of chroma by magnitude and outstanding, of major and minor chords by the one and the other, [6, 12]. */
  readonly pitchClasses: Float32Array;
  /** How often one triad is followed by another, [24, 24], major ones first, from C on. */
  readonly transitions: Float32Array;
}

const CLASSES = 12;
const TRIADS = 24;
/** Chords of a frame: a row of 24 for each of the two chromas. */
const CHORDS = 2 * TRIADS;
const CHANNELS = 6;

/** How likely each triad is in each frame, [frames, 2, 24]: a softmax of correlations with chroma averaged over neighbouring frames. */
export function hearChords({ frame, chroma }: PitchClasses, { reach, sharpness }: ChordGrid): Float64Array {
  const chords = new Float64Array(frame.length * CHORDS);
  const averaged = new Float64Array(CLASSES);
  for (let at = 0; at < frame.length; at++) {
    for (let kind = 0; kind < 2; kind++) {
      averaged.fill(0);
      for (let away = -reach; away <= reach; away++) {
        const row = Math.min(Math.max(at + away, 0), frame.length - 1) * CHROMA + kind * CLASSES;
        for (let pitchClass = 0; pitchClass < CLASSES; pitchClass++) averaged[pitchClass]! += chroma[row + pitchClass]!;
      }
      const length = Math.hypot(...averaged);
      const row = chords.subarray(at * CHORDS + kind * TRIADS, at * CHORDS + (kind + 1) * TRIADS);
      for (let chord = 0; chord < TRIADS; chord++) {
        const third = chord < CLASSES ? 4 : 3;
        const sum = averaged[chord % CLASSES]! + averaged[(chord + third) % CLASSES]! + averaged[(chord + 7) % CLASSES]!;
        row[chord] = (sharpness * sum) / length / Math.sqrt(3);
      }
      softmax(row);
    }
  }
  return chords;
}

/**
 * What the model reads of the frames from one on to before another.
 *
 * @param chords - What `hearChords` says of all frames.
 */
export function describeFrames({ frame, chroma }: PitchClasses, chords: Float64Array, first: number, last: number, grid: ChordGrid): KeyFeatures {
  const features = { pitchClasses: new Float32Array(CHANNELS * CLASSES), transitions: new Float32Array(TRIADS * TRIADS) };
  const inside = frame.flatMap((at, row) => (at >= first && at < last ? [row] : []));
  if (inside.length === 0) return features;
  const rows = Array.from({ length: Math.max(inside.length, grid.frames) }, (_, at) => inside[at % inside.length]!);
  const means = new Float64Array(CHANNELS * CLASSES);
  for (const row of rows) {
    for (let at = 0; at < CHROMA; at++) means[at]! += chroma[row * CHROMA + at]! / rows.length;
    for (let at = 0; at < CHORDS; at++) means[CHROMA + at]! += chords[row * CHORDS + at]! / rows.length;
  }
  features.pitchClasses.set(means);
  features.transitions.set(following(rows, chords, grid.lags));
  return features;
}

/** Mean products of a chord's probability and a later one's, [24, 24], over both kinds of chroma and all lags. */
function following(rows: readonly number[], chords: Float64Array, lags: readonly number[]): Float64Array {
  const sums = new Float64Array(TRIADS * TRIADS);
  for (const lag of lags) {
    const share = 1 / (2 * (rows.length - lag) * lags.length);
    for (let at = 0; at + lag < rows.length; at++) {
      for (let kind = 0; kind < 2; kind++) {
        const from = rows[at]! * CHORDS + kind * TRIADS;
        const to = rows[at + lag]! * CHORDS + kind * TRIADS;
        for (let before = 0; before < TRIADS; before++) {
          const weight = share * chords[from + before]!;
          for (let after = 0; after < TRIADS; after++) sums[before * TRIADS + after]! += weight * chords[to + after]!;
        }
      }
    }
  }
  return sums;
}

function softmax(row: Float64Array): void {
  const most = Math.max(...row);
  let sum = 0;
  row.forEach((logit, at) => (sum += row[at] = Math.exp(logit - most)));
  row.forEach((odds, at) => (row[at] = odds / sum));
}
