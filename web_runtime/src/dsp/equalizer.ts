/** Equalizers: bands as a person sets them, and a bank of bands fitted to a wanted curve. */

import { type Biquad, BiquadCascade, type BiquadSettings, BUTTERWORTH_Q, designBiquad, gainDbAt } from './biquad.js';

/** Bands in a row, ready to filter. */
export function parametricEqualizer(bands: readonly BiquadSettings[], sampleRate: number, channelCount: number): BiquadCascade {
  return new BiquadCascade(
    bands.map((band) => designBiquad(band, sampleRate)),
    channelCount,
  );
}

/** Centres of the outermost bands in Hz, which are shelves. */
const [LOWEST, HIGHEST] = [44.2, 11_314];
/** Bands overlap: their quality is this share of that of bands which only touch, so that neighbours add up without ripples. */
const OVERLAP = 0.6;
/** Keeps neighbouring bands from pulling against each other. */
const DAMPING = 0.05;
const ROUNDS = 8;
/** Rounds before the bound bends the curve: until then the response is still on its way to it. */
const FREE_ROUNDS = 3;
/** The share of the bound that is used, for what lies between the frequencies that are looked at. */
const USED = 0.995;
/** Bands that swell beyond it are lowered a little further than to it, so that it is reached in a few steps. */
const LOWERED = 0.999;
/** Where response and bound are looked at: steps of a twelfth of an octave from 20 Hz. */
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
 * Bands whose joint response comes closest to a curve in the least-squares sense and stays within a bound everywhere. Between its
 * frequencies the curve is a straight line over the logarithm of frequency, beyond them it goes on level.
 *
 * @param boundDb - Largest gain and cut in dB, positive.
 * @param bandsPerOctave - 1 follows the broad shape, 3 third octaves.
 */
export function fitEqualizer(curve: GainCurve, sampleRate: number, boundDb: number, bandsPerOctave: number): BiquadSettings[] {
  const most = USED * boundDb;
  const bound = (gain: number): number => Math.max(-most, Math.min(most, gain));
  const grid = fineGrid(sampleRate);
  const bandsOf = bank(sampleRate, bandsPerOctave);
  const responseOf = (gains: readonly number[]): number[] => {
    const filters = designAll(bandsOf(gains), sampleRate);
    return grid.map((frequency) => gainDbAt(filters, frequency, sampleRate));
  };
  let gains = bandsOf([]).map(() => 0);
  let wanted = grid.map((frequency) => bound(gainAt(curve, frequency)));
  const step = leastSquares(gains.map((_, band) => responseOf(gains.with(band, 1))));
  // A band's response in dB grows almost in proportion to its gain: a few rounds of least squares on what is left settle it. Where bands
  // swell beyond the bound, the curve gives way.
  for (let round = 0; round < ROUNDS; round++) {
    const response = responseOf(gains);
    if (round >= FREE_ROUNDS) wanted = wanted.map((value, at) => value - response[at]! + bound(response[at]!));
    const change = step(wanted.map((value, at) => value - response[at]!));
    gains = gains.map((gain, band) => bound(gain + change[band]!));
  }
  for (let excess = Infinity; excess > 1;) {
    excess = Math.max(...responseOf(gains).map(Math.abs)) / most;
    if (excess > 1) gains = gains.map((gain) => (gain * LOWERED) / excess);
  }
  return bandsOf(gains);
}

/** Bands of equal width for gains in dB, lowest first; 0 where a gain is left out. */
function bank(sampleRate: number, bandsPerOctave: number): (gains: readonly number[]) => BiquadSettings[] {
  const count = Math.round(Math.log2(HIGHEST / LOWEST) * bandsPerOctave) + 1;
  const centres = Array.from({ length: count }, (_, band) => LOWEST * 2 ** (band / bandsPerOctave)).filter((centre) => centre < 0.4 * sampleRate);
  const width = 2 ** (1 / bandsPerOctave);
  const peaking = { kind: 'peaking', q: (OVERLAP * Math.sqrt(width)) / (width - 1) } as const;
  const shapeOf = (index: number): Pick<BiquadSettings, 'kind' | 'q'> =>
    index === 0 ? { kind: 'lowShelf', q: BUTTERWORTH_Q } : index === centres.length - 1 ? { kind: 'highShelf', q: BUTTERWORTH_Q } : peaking;
  return (gains) => centres.map((frequency, index) => ({ ...shapeOf(index), frequency, gainDb: gains[index] ?? 0 }));
}

function gainAt({ frequencies, gainsDb }: GainCurve, frequency: number): number {
  const above = frequencies.findIndex((each) => each >= frequency);
  if (above <= 0) return above === 0 ? gainsDb[0]! : gainsDb.at(-1)!;
  const [low, high] = [frequencies[above - 1]!, frequencies[above]!];
  const share = Math.log(frequency / low) / Math.log(high / low);
  return (1 - share) * gainsDb[above - 1]! + share * gainsDb[above]!;
}

function fineGrid(sampleRate: number): number[] {
  const count = Math.floor(Math.log(sampleRate / 2 / FINE_LOWEST) / Math.log(FINE_STEP));
  return Array.from({ length: count }, (_, step) => FINE_LOWEST * FINE_STEP ** step);
}

/** Weights of columns that come closest to a target, damped. */
function leastSquares(columns: readonly (readonly number[])[]): (target: readonly number[]) => number[] {
  const dot = (one: readonly number[], other: readonly number[]): number => one.reduce((total, value, index) => total + value * other[index]!, 0);
  const matrix = columns.map((column, row) => columns.map((other, at) => dot(column, other) + (row === at ? DAMPING * dot(column, column) : 0)));
  return (target) => solve(matrix.map((row) => [...row]), columns.map((column) => dot(column, target)));
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
