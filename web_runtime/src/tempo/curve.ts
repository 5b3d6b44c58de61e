/** Tempo over time: the likeliest path through the repetition of overlapping windows, near the tempo of the whole (Viterbi, 1967). */

import { vertex } from './candidates.js';
import { transform, wavesAt } from './periodicity.js';
import { centred, FRAME_RATE, normalise, placeOf, RHYTHM, TEMPI, tempoAt, windowsOf } from './rhythm.js';

/** Tempo at a moment. */
export interface TempoAtTime {
  /** Seconds from the recording's start. */
  readonly time: number;
  readonly bpm: number;
}

/**
 * Tempo every second, within half an octave of that of the whole.
 *
 * @param curve - Onset strength, [frames].
 * @param bpm - Tempo of the whole.
 */
export function tempoCurve(curve: Float64Array, bpm: number): TempoAtTime[] {
  const { curveSeconds, curveStep, curveOctaves, curveInertia, curveRatios } = RHYTHM;
  const { starts, length } = windowsOf(curve.length, { seconds: curveSeconds, step: curveStep });
  const middle = Math.round(placeOf(bpm));
  const reach = Math.round(curveOctaves * RHYTHM.perOctave);
  const first = Math.max(middle - reach, 0);
  const places = Array.from({ length: Math.min(middle + reach, RHYTHM.points - 1) - first + 1 }, (_, at) => first + at);
  const waves = curveRatios.map((ratio) => wavesAt(places.map((place) => TEMPI[place]! * ratio), length));
  const told = starts.map((start) => {
    const window = normalise(centred(curve, start, length));
    const sum = new Float64Array(places.length);
    for (const each of waves) {
      const { re, im } = transform(window, each);
      for (let at = 0; at < sum.length; at++) sum[at]! += Math.sqrt(re[at]! ** 2 + im[at]! ** 2);
    }
    return sum;
  });
  return likeliestPath(told, curveInertia / RHYTHM.perOctave).map((at, window) => {
    const values = told[window]!;
    const offset = at > 0 && at < values.length - 1 ? vertex(values[at - 1]!, values[at]!, values[at + 1]!) : 0;
    return { time: (starts[window]! + length / 2) / FRAME_RATE, bpm: tempoAt(first + at + Math.max(-0.5, Math.min(offset, 0.5))) };
  });
}

/** The path of states with the largest sum, less `inertia` for each step from one state to another. */
function likeliestPath(told: readonly Float64Array[], inertia: number): number[] {
  let scores = Float64Array.from(told[0]!);
  const sources = told.slice(1).map((values) => {
    const { best, from } = spread(scores, inertia);
    scores = best.map((score, at) => score + values[at]!);
    return from;
  });
  const path = [scores.reduce((best, score, at) => (score > scores[best]! ? at : best), 0)];
  for (const from of sources.reverse()) path.push(from[path.at(-1)!]!);
  return path.reverse();
}

/** For each state the best other one less the way from it, in linear time: once from the left and once from the right. */
function spread(scores: Float64Array, inertia: number): { best: Float64Array; from: Int32Array } {
  const best = Float64Array.from(scores);
  const from = Int32Array.from(scores, (_, at) => at);
  const take = (at: number, neighbour: number): void => {
    if (best[neighbour]! - inertia <= best[at]!) return;
    best[at] = best[neighbour]! - inertia;
    from[at] = from[neighbour]!;
  };
  for (let at = 1; at < best.length; at++) take(at, at - 1);
  for (let at = best.length - 2; at >= 0; at--) take(at, at + 1);
  return { best, from };
}
