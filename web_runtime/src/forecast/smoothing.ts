/**
 * Exponential smoothing with a weekly season, fitted to each series by least squares: the twin of keras_models/smoothing.py, which states
 * the recursion.
 */

import { type Found, search, type SmoothingConstants } from './smoothing-search.js';

export type { SmoothingConstants } from './smoothing-search.js';

/** A fit to one series, in the unit of its values. */
export interface SmoothingFit {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  /** 1 for a straight trend. */
  readonly damping: number;
  /** States before the first day; the season begins with the first day and sums to zero. */
  readonly first: SmoothingState;
  /** States after the last day; the season begins with the day after it. */
  readonly last: SmoothingState;
  /** Sum of the squared one-step errors. */
  readonly squaredErrors: number;
}

/** What the recursion carries from day to day. */
export interface SmoothingState {
  readonly level: number;
  /** Change a day. */
  readonly slope: number;
  /** One value a weekday. */
  readonly season: readonly number[];
}

/**
 * Fits a series of finite values, oldest first, three weeks or more.
 *
 * @param damped - Whether the trend is damped, or straight.
 */
export function fitSmoothing(values: Float64Array, damped: boolean, constants: SmoothingConstants): SmoothingFit {
  return fitOf(values, search(values, damped, constants));
}

/** The days after the last one. */
export function forecastSmoothing({ last, damping }: SmoothingFit, horizon: number): number[] {
  let reach = 0;
  let power = 1;
  return Array.from({ length: horizon }, (_, ahead) => {
    power *= damping;
    reach += power;
    return last.level + reach * last.slope + last.season[ahead % last.season.length]!;
  });
}

/** Standard deviation of the error of each day ahead over that of the first. */
export function spreadSmoothing({ alpha, beta, gamma, damping, last }: SmoothingFit, horizon: number): number[] {
  let reach = 0;
  let power = 1;
  let variance = 1;
  return Array.from({ length: horizon }, (_, ahead) => {
    if (ahead > 0) {
      power *= damping;
      reach += power;
      variance += (alpha + alpha * beta * reach + (ahead % last.season.length === 0 ? gamma : 0)) ** 2;
    }
    return Math.sqrt(variance);
  });
}

/** What a search found, and the states after the last day. */
function fitOf(values: Float64Array, { parameters, share, states, squared }: Found): SmoothingFit {
  const [alpha, trend, gamma, damping] = parameters;
  const week = states.length - 1;
  let level = 0;
  let slope = states[0]!;
  const season = Array.from(states.subarray(1));
  const first = centred(level, slope, season);
  values.forEach((value, day) => {
    const ahead = level + damping * slope;
    const error = value - ahead - season[day % week]!;
    level = ahead + alpha * error;
    slope = damping * slope + trend * error;
    season[day % week]! += gamma * error;
  });
  const next = values.length % week;
  const last = centred(level, slope, [...season.slice(next), ...season.slice(0, next)]);
  return { alpha, beta: share * alpha, gamma, damping, first, last, squaredErrors: squared };
}

/** The same states with a season that sums to zero: a constant may move between the two without any forecast changing. */
function centred(level: number, slope: number, season: readonly number[]): SmoothingState {
  const mean = season.reduce((total, value) => total + value, 0) / season.length;
  return { level: level + mean, slope, season: season.map((value) => value - mean) };
}
