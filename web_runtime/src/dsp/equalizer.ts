/** Equalizers: bands as a person sets them, and a bank of octave bands fitted to a wanted curve. */

import { type Biquad, BiquadCascade, type BiquadSettings, designBiquad, gainDbAt } from './biquad.js';

/** Bands in a row, ready to filter. */
export function parametricEqualizer(bands: readonly BiquadSettings[], sampleRate: number, channelCount: number): BiquadCascade {
  return new BiquadCascade(
    bands.map((band) => designBiquad(band, sampleRate)),
    channelCount,
  );
}

/** Centres of the octave bands in Hz; the outer two are shelves. */
const CENTRES = [44, 88, 177, 354, 707, 1414, 2828, 5657, 11_314];
/** An octave wide. */
const OCTAVE_Q = Math.SQRT2;
const SHELF_Q = Math.SQRT1_2;
/** Keeps neighbouring bands from pulling against each other. */
const DAMPING = 0.02;
const ROUNDS = 4;
/** Gains are kept within this share of the bound, for what lies between the frequencies that are looked at. */
const KEPT = 0.99;
/** Where the bound is looked at: steps of a twelfth of an octave from 20 Hz. */
const FINE_LOWEST = 20;
const FINE_STEP = 2 ** (1 / 12);

/** A wanted gain at frequencies of one's choice. */
export interface GainCurve {
  /** In Hz, ascending. */
  readonly frequencies: readonly number[];
  /** In dB. */
  readonly gainsDb: readonly number[];
}

/**
 * Octave bands whose joint response comes closest to a curve in the least-squares sense and stays within a bound everywhere.
 *
 * @param boundDb - Largest gain and cut in dB, positive.
 */
export function fitEqualizer({ frequencies, gainsDb }: GainCurve, sampleRate: number, boundDb: number): BiquadSettings[] {
  const kept = frequencies.map((frequency, index) => ({ frequency, gain: gainsDb[index]! })).filter(({ frequency }) => frequency < 0.45 * sampleRate);
  const centres = CENTRES.filter((centre) => centre < 0.4 * sampleRate);
  const wanted = kept.map(({ gain }) => Math.max(-boundDb, Math.min(boundDb, gain)));
  const responseOf = (bands: readonly BiquadSettings[]): number[] => {
    const filters = bands.map((band) => designBiquad(band, sampleRate));
    return kept.map(({ frequency }) => gainDbAt(filters, frequency, sampleRate));
  };
  const bandsOf = (gains: readonly number[]): BiquadSettings[] => centres.map((centre, index) => band(centre, gains[index]!, index, centres.length));
  const unit = centres.map((centre, index) => responseOf([band(centre, 1, index, centres.length)]));
  // A band's response in dB grows almost in proportion to its gain: a few rounds of least squares on what is left settle it.
  let gains = centres.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    const response = responseOf(bandsOf(gains));
    const step = leastSquares(unit, wanted.map((value, index) => value - response[index]!));
    gains = gains.map((gain, index) => Math.max(-boundDb, Math.min(boundDb, gain + step[index]!)));
  }
  // Bands swell between the frequencies of the curve: the bound holds there, too.
  for (let excess = Infinity; excess > 1;) {
    const filters = designAll(bandsOf(gains), sampleRate);
    excess = Math.max(...fineGrid(sampleRate).map((frequency) => Math.abs(gainDbAt(filters, frequency, sampleRate)))) / boundDb;
    if (excess > 1) gains = gains.map((gain) => (gain * KEPT) / excess);
  }
  return bandsOf(gains);
}

function band(frequency: number, gainDb: number, index: number, count: number): BiquadSettings {
  const kind = index === 0 ? 'lowShelf' : index === count - 1 ? 'highShelf' : 'peaking';
  return { kind, frequency, gainDb, q: kind === 'peaking' ? OCTAVE_Q : SHELF_Q };
}

function fineGrid(sampleRate: number): number[] {
  const count = Math.floor(Math.log(sampleRate / 2 / FINE_LOWEST) / Math.log(FINE_STEP));
  return Array.from({ length: count }, (_, step) => FINE_LOWEST * FINE_STEP ** step);
}

/** Weights of the columns that come closest to a target, damped. */
function leastSquares(columns: readonly (readonly number[])[], target: readonly number[]): number[] {
  const dot = (one: readonly number[], other: readonly number[]): number => one.reduce((total, value, index) => total + value * other[index]!, 0);
  const matrix = columns.map((column, row) => columns.map((other, at) => dot(column, other) + (row === at ? DAMPING * dot(column, column) : 0)));
  return solve(matrix, columns.map((column) => dot(column, target)));
}

/** Gaussian elimination; the matrix is positive definite, so no pivoting is needed. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      for (let column = pivot; column < size; column++) matrix[row]![column]! -= factor * matrix[pivot]![column]!;
      right[row]! -= factor * right[pivot]!;
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++) right[row]! -= matrix[row]![column]! * right[column]!;
    right[row]! /= matrix[row]![row]!;
  }
  return right;
}

/** Filters of bands, for their response. */
export function designAll(bands: readonly BiquadSettings[], sampleRate: number): Biquad[] {
  return bands.map((settings) => designBiquad(settings, sampleRate));
}
