/**
 * Exponential smoothing with a weekly season, fitted to each series by least squares: the twin of keras_models/smoothing.py, which states
 * the recursion, the ranges and the search; the order of all sums is free, everything else is the same step by step.
 */

/** Constants of the fit, fixed by Python. */
export interface SmoothingConstants {
  /** Days of the season. */
  readonly week: number;
  /** Fewest days of a fit. */
  readonly shortest: number;
  /** Range of alpha. */
  readonly level: readonly [number, number];
  /** Range of a damped trend's damping. */
  readonly damping: readonly [number, number];
  /** Where searches start: alpha, beta's share of alpha, gamma's of 1 - alpha, damping's of its range. */
  readonly starts: readonly (readonly number[])[];
  /** Steps that every start takes before the best goes on. */
  readonly tries: number;
  /** Steps of a search at most. */
  readonly steps: number;
  /** Relative fall of the squared errors below which a search ends. */
  readonly enough: number;
  /** Marquardt's factor at first, after a step that helped, after one that did not. */
  readonly caution: readonly [number, number, number];
  /** Share of the squared values below which squared errors are rounding. */
  readonly exact: number;
  /** Share of a diagonal element that is added to it. */
  readonly ridge: number;
}

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

const SHARES = 4;

/** Arrays of one value a day, used again and again: a search would otherwise leave megabytes to collect. */
interface Buffers {
  readonly errors: Float64Array;
  /** Response of the errors to the slope before the first day. */
  readonly toSlope: Float64Array;
  /** Response to the first weekday's state, after as many zeros as there are other weekdays. */
  readonly toWeekday: Float64Array;
  /** Response to each state: views of the two above. */
  readonly responses: readonly Float64Array[];
}

/** For given parameters: the best first states, the errors that remain, and how they respond to each state. */
interface Projection extends Buffers {
  readonly shares: Float64Array;
  /** Slope and weekdays before the first day; its level is part of the weekdays. */
  readonly states: Float64Array;
  readonly squared: number;
  /** Cholesky factor of the responses' products. */
  readonly factor: Float64Array;
}

/**
 * Fits a series of finite values, oldest first, three weeks or more.
 *
 * @param damped - Whether the trend is damped, or straight.
 */
export function fitSmoothing(values: Float64Array, damped: boolean, constants: SmoothingConstants): SmoothingFit {
  return new Search(values, damped, constants).run();
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

class Search {
  private readonly states: number;
  private readonly free: Buffers[] = [];
  private readonly slopeBuffers: Float64Array[];
  /** Squared errors that are no more than rounding. */
  private readonly rounding: number;

  constructor(
    private readonly values: Float64Array,
    private readonly damped: boolean,
    private readonly constants: SmoothingConstants,
  ) {
    this.states = constants.week + 1;
    this.rounding = constants.exact * product(values, values);
    this.slopeBuffers = Array.from({ length: SHARES }, () => new Float64Array(values.length));
  }

  run(): SmoothingFit {
    const { starts, tries, steps } = this.constants;
    let best: { here: Projection; caution: number; isSearching: boolean } | undefined;
    for (const start of starts) {
      const found = this.search(this.project(Float64Array.from(start)), this.constants.caution[0], tries);
      const isBest = best === undefined || found.here.squared < best.here.squared;
      const loser = isBest ? best : found;
      if (loser !== undefined) this.free.push(loser.here);
      if (isBest) best = found;
    }
    const { here, caution, isSearching } = best!;
    return this.fit(isSearching ? this.search(here, caution, steps).here : here);
  }

  /** Marquardt steps until there is nothing to gain. */
  private search(from: Projection, firstCaution: number, steps: number): { here: Projection; caution: number; isSearching: boolean } {
    const { enough, ridge } = this.constants;
    const [, bolder, shyer] = this.constants.caution;
    let here = from;
    let caution = firstCaution;
    let slopes: readonly Float64Array[] | null = null;
    for (let step = 0; step < steps; step++) {
      slopes ??= this.slopes(here);
      const there = this.project(this.stepped(here, slopes, caution));
      const gained = here.squared - there.squared;
      const isBetter = there.squared < here.squared;
      const isDone = isBetter ? !(gained > enough * here.squared) : !(caution * shyer < 1 / ridge);
      caution *= isBetter ? bolder : shyer;
      this.free.push(isBetter ? here : there);
      if (isBetter) {
        here = there;
        slopes = null;
      }
      if (isDone) return { here, caution, isSearching: false };
    }
    return { here, caution, isSearching: true };
  }

  /** Alpha, alpha * beta, gamma and damping. */
  private parameters(shares: Float64Array): readonly [number, number, number, number] {
    const [alpha, trend, seasonal, damping] = shares as unknown as [number, number, number, number];
    const [low, high] = this.constants.damping;
    return [alpha, trend * alpha * alpha, seasonal * (1 - alpha), this.damped ? low + damping * (high - low) : 1];
  }

  /** Errors from states of zero, and the response to each state, in one recursion; then least squares. */
  private project(shares: Float64Array): Projection {
    const { values, states } = this;
    const { week, ridge } = this.constants;
    const { length } = values;
    const [alpha, trend, gamma, damping] = this.parameters(shares);
    const buffers = this.free.pop() ?? this.buffers();
    const { errors, toSlope, toWeekday, responses } = buffers;
    const [season, slopeSeason, weekdaySeason] = [new Float64Array(week), new Float64Array(week), new Float64Array(week)];
    weekdaySeason[0] = 1;
    let level = 0;
    let slope = 0;
    let slopeLevel = 0;
    let slopeSlope = 1;
    let weekdayLevel = 0;
    let weekdaySlope = 0;
    for (let day = 0, at = 0; day < length; day++) {
      let carried = damping * slope;
      let ahead = level + carried;
      let error = values[day]! - ahead - season[at]!;
      errors[day] = error;
      level = ahead + alpha * error;
      slope = carried + trend * error;
      season[at]! += gamma * error;

      carried = damping * slopeSlope;
      ahead = slopeLevel + carried;
      error = -ahead - slopeSeason[at]!;
      toSlope[day] = error;
      slopeLevel = ahead + alpha * error;
      slopeSlope = carried + trend * error;
      slopeSeason[at]! += gamma * error;

      carried = damping * weekdaySlope;
      ahead = weekdayLevel + carried;
      error = -ahead - weekdaySeason[at]!;
      toWeekday[week - 1 + day] = error;
      weekdayLevel = ahead + alpha * error;
      weekdaySlope = carried + trend * error;
      weekdaySeason[at]! += gamma * error;
      at = at === week - 1 ? 0 : at + 1;
    }
    const gram = new Float64Array(states * states);
    const right = new Float64Array(states);
    for (let one = 0; one < states; one++) {
      right[one] = -product(responses[one]!, errors);
      for (let other = 0; other <= one; other++) gram[one * states + other] = product(responses[one]!, responses[other]!);
      gram[one * states + one]! *= 1 + ridge;
    }
    const factor = cholesky(gram, states);
    const best = solved(factor, right, states);
    for (let one = 0; one < states; one++) {
      const response = responses[one]!;
      const state = best[one]!;
      for (let day = 0; day < length; day++) errors[day]! += response[day]! * state;
    }
    return { ...buffers, shares, states: best, squared: Math.max(product(errors, errors), this.rounding), factor };
  }

  /** A weekday's state is not read before its first day: the response to it is that to the first weekday's, as many days later. */
  private buffers(): Buffers {
    const { week } = this.constants;
    const { length } = this.values;
    const [errors, toSlope, toWeekday] = [length, length, week - 1 + length].map((size) => new Float64Array(size)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const weekdays = Array.from({ length: week }, (_, day) => toWeekday.subarray(week - 1 - day, week - 1 - day + length));
    return { errors, toSlope, toWeekday, responses: [toSlope, ...weekdays] };
  }

  /** Derivatives of the errors by each share, by day, the first states held; in arrays that the next call writes over. */
  private slopes({ shares, states }: Projection): Float64Array[] {
    const { values } = this;
    const { week } = this.constants;
    const [alpha, trend, gamma, damping] = this.parameters(shares);
    const columns = 1 + SHARES;
    const level = new Float64Array(columns);
    const slope = new Float64Array(columns);
    const season = new Float64Array(week * columns);
    slope[0] = states[0]!;
    for (let day = 0; day < week; day++) season[day * columns] = states[day + 1]!;
    const [, trendShare, seasonalShare] = shares as unknown as [number, number, number];
    const range = this.constants.damping[1] - this.constants.damping[0];
    const slopes = this.slopeBuffers;
    const [byAlpha, byTrend, bySeasonal, byDamping] = slopes as [Float64Array, Float64Array, Float64Array, Float64Array];
    const error = new Float64Array(columns);
    for (let day = 0; day < values.length; day++) {
      const at = (day % week) * columns;
      const before = slope[0]!;
      for (let column = 0; column < columns; column++) {
        const carried = damping * slope[column]! + (column === 4 ? before : 0);
        const ahead = level[column]! + carried;
        const wrong = (column === 0 ? values[day]! : 0) - ahead - season[at + column]!;
        error[column] = wrong;
        level[column] = ahead + alpha * wrong;
        slope[column] = carried + trend * wrong;
        season[at + column]! += gamma * wrong;
      }
      level[1]! += error[0]!;
      slope[2]! += error[0]!;
      season[at + 3]! += error[0]!;
      byAlpha[day] = error[1]! + 2 * trendShare * alpha * error[2]! - seasonalShare * error[3]!;
      byTrend[day] = alpha * alpha * error[2]!;
      bySeasonal[day] = (1 - alpha) * error[3]!;
      byDamping[day] = range * error[4]!;
    }
    return slopes;
  }

  /** The shares after Marquardt's step for what first states can't explain; none out of its range. */
  private stepped({ shares, errors, responses, factor }: Projection, slopes: readonly Float64Array[], caution: number): Float64Array {
    const { states } = this;
    const searched = this.damped ? SHARES : SHARES - 1;
    const curvature = new Float64Array(SHARES * SHARES);
    const gradient = new Float64Array(SHARES);
    const cross = slopes.map((slope) => Float64Array.from(responses, (response) => product(slope, response)));
    const explained = cross.map((column) => solved(factor, column, states));
    for (let one = 0; one < searched; one++) {
      gradient[one] = -product(slopes[one]!, errors);
      for (let other = 0; other <= one; other++)
        curvature[one * SHARES + other] = product(slopes[one]!, slopes[other]!) - product(cross[one]!, explained[other]!);
    }
    for (let one = 0; one < SHARES; one++) {
      const [low, high] = this.range(one);
      const share = shares[one]!;
      const size = curvature[one * SHARES + one]!;
      const isHeld = (share <= low && gradient[one]! < 0) || (share >= high && gradient[one]! > 0) || !(size > 0);
      if (isHeld) {
        gradient[one] = 0;
        for (let other = 0; other < SHARES; other++) curvature[Math.max(one, other) * SHARES + Math.min(one, other)] = 0;
      }
      curvature[one * SHARES + one] = isHeld ? 1 : size * (1 + caution);
    }
    const step = solved(cholesky(curvature, SHARES), gradient, SHARES);
    return shares.map((share, one) => Math.min(this.range(one)[1], Math.max(this.range(one)[0], share + step[one]!)));
  }

  private range(share: number): readonly [number, number] {
    return share === 0 ? this.constants.level : [0, 1];
  }

  private fit({ shares, states, squared }: Projection): SmoothingFit {
    const { values } = this;
    const { week } = this.constants;
    const [alpha, trend, gamma, damping] = this.parameters(shares);
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
    return { alpha, beta: shares[1]! * alpha, gamma, damping, first, last, squaredErrors: squared };
  }
}

/** The same states with a season that sums to zero: a constant may move between the two without any forecast changing. */
function centred(level: number, slope: number, season: readonly number[]): SmoothingState {
  const mean = season.reduce((total, value) => total + value, 0) / season.length;
  return { level: level + mean, slope, season: season.map((value) => value - mean) };
}

/** Inner product; four sums, because one would wait for each of its additions. */
function product(one: Float64Array, other: Float64Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let at = 0;
  for (; at + 3 < one.length; at += 4) {
    first += one[at]! * other[at]!;
    second += one[at + 1]! * other[at + 1]!;
    third += one[at + 2]! * other[at + 2]!;
    fourth += one[at + 3]! * other[at + 3]!;
  }
  for (; at < one.length; at++) first += one[at]! * other[at]!;
  return first + second + (third + fourth);
}

/** Lower factor of a positive definite matrix given by its lower triangle. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(matrix.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column]!;
      for (let at = 0; at < column; at++) rest -= factor[row * size + at]! * factor[column * size + at]!;
      factor[row * size + column] = row === column ? Math.sqrt(Math.max(rest, Number.MIN_VALUE)) : rest / factor[column * size + column]!;
    }
  }
  return factor;
}

/** Solution of the system of a factor. */
function solved(factor: Float64Array, right: Float64Array, size: number): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < row; at++) solution[row]! -= factor[row * size + at]! * solution[at]!;
    solution[row]! /= factor[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let at = row + 1; at < size; at++) solution[row]! -= factor[at * size + row]! * solution[at]!;
    solution[row]! /= factor[row * size + row]!;
  }
  return solution;
}
