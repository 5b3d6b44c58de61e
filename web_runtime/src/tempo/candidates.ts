/** Which tempi a recording may have: peaks of how well a tempo explains the repetition, and multiples of the best. */

import type { Periodicity } from './periodicity.js';
import { placeOf, RHYTHM, TEMPI } from './rhythm.js';

/** Slowest and fastest tempo in BPM. */
export type TempoRange = readonly [slowest: number, fastest: number];

/** How well each tempo of the grid explains the repetition. */
export function salience({ acf, magnitude }: Periodicity): Float64Array {
  const [all, waves] = [acf[0]!, magnitude[0]!];
  const octave = RHYTHM.perOctave;
  return all.map((value, at) => value + 0.5 * (all[at - octave] ?? 0) + 0.25 * (all[at - 2 * octave] ?? 0) + 0.3 * waves[at]!);
}

/**
 * Places of candidates on the grid, the most salient first; where no peak lies in the range, the most salient point does.
 *
 * @param values - Salience of each tempo.
 */
export function candidatePlaces(values: Float64Array, [slowest, fastest]: TempoRange = [RHYTHM.slowest, RHYTHM.fastest]): number[] {
  const inside = Array.from({ length: RHYTHM.points - 2 }, (_, at) => at + 1).filter((at) => TEMPI[at]! >= slowest && TEMPI[at]! <= fastest);
  const peaks = inside
    .filter((at) => values[at]! > values[at - 1]! && values[at]! >= values[at + 1]!)
    .sort((one, other) => values[other]! - values[one]! || one - other);
  const places = peaks.slice(0, RHYTHM.best).map((peak) => peak + vertex(values[peak - 1]!, values[peak]!, values[peak + 1]!));
  const related = places
    .slice(0, RHYTHM.related)
    .flatMap((place) => RHYTHM.relations.map((ratio) => place + RHYTHM.perOctave * Math.log2(ratio)));
  const [low, high, apart] = [placeOf(slowest), placeOf(fastest), RHYTHM.perOctave * Math.log2(1 + RHYTHM.apart)];
  const chosen: number[] = [];
  for (const place of [...places, ...related]) {
    if (place >= low && place <= high && chosen.every((other) => Math.abs(place - other) > apart)) chosen.push(place);
  }
  if (chosen.length > 0) return chosen.slice(0, RHYTHM.candidates);
  if (inside.length === 0) return [(low + high) / 2];
  return [inside.reduce((best, at) => (values[at]! > values[best]! ? at : best))];
}

/** Where the parabola through three values peaks, from the middle one. */
export function vertex(left: number, middle: number, right: number): number {
  const curvature = left - 2 * middle + right;
  return curvature < 0 ? (0.5 * (left - right)) / curvature : 0;
}
