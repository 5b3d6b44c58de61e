/** What tells a recording's tempo from its half, double and other relatives: a row of features for each candidate. */

import type { Frames } from '../audio/frames.js';
import { type OnsetCurves, onsetCurves } from './onsets.js';
import { type Periodicity, periodicity } from './periodicity.js';
import { placeOf, RHYTHM } from './rhythm.js';

/** Pairs of bands: low, middle, high. */
const PAIRS = [
  [1, 2],
  [1, 3],
  [2, 3],
] as const;

/** A recording as features are drawn from it. */
export interface RhythmView {
  readonly logMel: Frames;
  readonly curves: OnsetCurves;
  readonly found: Periodicity;
  /** Frames per second. */
  readonly rate: number;
}

/**
 * A spectrogram's frames nearest below even steps of the coarse rate, and what follows from them: candidates are described at the rate of the
 * spectrograms that most is learned from.
 *
 * @param phase - Steps before the first frame, 0 to 1.
 */
export function coarseView({ values, count, size }: Frames, rate: number, phase: number): RhythmView {
  const step = rate / RHYTHM.coarseRate;
  const places = Array.from({ length: Math.trunc(count / step) + 1 }, (_, at) => Math.floor((at + phase) * step)).filter((place) => place < count);
  const kept = new Float32Array(places.length * size);
  places.forEach((place, at) => kept.set(values.subarray(place * size, (place + 1) * size), at * size));
  const logMel = { values: kept, count: places.length, size };
  const curves = onsetCurves(logMel, RHYTHM.coarseRate);
  return { logMel, curves, found: periodicity(curves, RHYTHM.coarseRate), rate: RHYTHM.coarseRate };
}

/**
 * Features of each candidate, in the order of the manifest's list.
 *
 * @param values - Salience of each tempo, by which the candidates were found.
 */
export function candidateFeatures({ logMel, curves, found, rate }: RhythmView, values: Float64Array, places: readonly number[]): number[][] {
  const shared = clipFeatures(curves, logMel, rate);
  const { acf, magnitude } = found;
  const coherences = PAIRS.map(([one, other]) => coherence(found, one, other));
  const described = [acf[0]!, magnitude[0]!, ...acf.slice(1), ...magnitude.slice(1), ...coherences, alignment(found)];
  const most = Math.max(values.reduce((largest, value) => Math.max(largest, value), -Infinity), 1e-9);
  const octave = RHYTHM.perOctave;
  return places.map((place) => {
    const multiples = RHYTHM.ratios.map((ratio) => place + octave * Math.log2(ratio));
    const tempo = (place - placeOf(120)) / octave;
    return [
      ...described.flatMap((curve) => multiples.map((multiple) => between(curve, multiple))),
      between(values, place) / most,
      tempo,
      tempo ** 2,
      tempo ** 3,
      ...shared,
    ];
  });
}

/** What is said of the whole recording, the same for each candidate. */
function clipFeatures(curves: OnsetCurves, { values, count, size }: Frames, rate: number): number[] {
  const flux = curves.map((curve) => moments(curve));
  const level = new Float64Array(size);
  const loudness = new Float64Array(count);
  for (let frame = 0; frame < count; frame++) {
    for (let band = 0; band < size; band++) {
      level[band]! += values[frame * size + band]! / count;
      loudness[frame]! += values[frame * size + band]! / size;
    }
  }
  const middle = moments(level).mean;
  const groups = [level.subarray(0, RHYTHM.lowBands), level.subarray(RHYTHM.lowBands, RHYTHM.highBands), level.subarray(RHYTHM.highBands)];
  return [
    ...flux.map(({ mean }) => Math.log(mean + 0.01)),
    ...flux.map(({ mean, deviation }) => deviation / Math.max(mean, 1e-9)),
    ...groups.map((group) => (moments(group).mean - middle) / 20),
    moments(loudness).deviation / 20,
    Math.log(onsetRate(curves[0], flux[0]!, rate) + 0.1),
  ];
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

function moments(values: Float64Array): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/** Onsets a second: local maxima above the mean by half a standard deviation. */
function onsetRate(curve: Float64Array, { mean, deviation }: Moments, rate: number): number {
  let peaks = 0;
  for (let at = 1; at + 1 < curve.length; at++) {
    const value = curve[at]!;
    if (value > curve[at - 1]! && value >= curve[at + 1]! && value > mean + 0.5 * deviation) peaks++;
  }
  return (peaks * rate) / curve.length;
}

/** How much two bands move together at each tempo: -1 in turns, 1 at once. */
function coherence({ spectrum }: Periodicity, one: number, other: number): Float64Array {
  return Float64Array.from({ length: RHYTHM.points }, (_, at) => {
    let [cross, power, otherPower] = [0, 0, 0];
    for (const window of spectrum) {
      const [a, b] = [window[one]!, window[other]!];
      cross += a.re[at]! * b.re[at]! + a.im[at]! * b.im[at]!;
      power += a.re[at]! ** 2 + a.im[at]! ** 2;
      otherPower += b.re[at]! ** 2 + b.im[at]! ** 2;
    }
    return cross / Math.sqrt(power * otherPower + 1e-12);
  });
}

/** Whether the strokes at double the tempo coincide with those at each tempo, -1 to 1. */
function alignment({ spectrum }: Periodicity): Float64Array {
  return Float64Array.from({ length: RHYTHM.points }, (_, at) => {
    let [cross, power, doublePower] = [0, 0, 0];
    for (const window of spectrum) {
      const { re, im } = window[0]!;
      const squared = { re: re[at]! ** 2 - im[at]! ** 2, im: 2 * re[at]! * im[at]! };
      const [doubleRe, doubleIm] = [re[at + RHYTHM.perOctave] ?? 0, im[at + RHYTHM.perOctave] ?? 0];
      cross += doubleRe * squared.re + doubleIm * squared.im;
      power += squared.re ** 2 + squared.im ** 2;
      doublePower += doubleRe ** 2 + doubleIm ** 2;
    }
    return cross / Math.sqrt(power * doublePower + 1e-12);
  });
}

/** A value between points of the grid, linear; 0 outside it. */
function between(curve: Float64Array, place: number): number {
  if (!(place >= 0 && place <= curve.length - 1)) return 0;
  const lower = Math.floor(place);
  const share = place - lower;
  return share === 0 ? curve[lower]! : curve[lower]! + (curve[lower + 1]! - curve[lower]!) * share;
}
