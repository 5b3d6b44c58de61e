/**
 * The search for the parameters of exponential smoothing: the twin of keras_models/smoothing_search.py, which states the ranges and the
 * steps; the order of all sums is free, everything else is the same step by step.
 */

import { cholesky, product, solved } from './least-squares.js';

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

/** What a search found. */
export interface Found {
  /** Alpha, alpha * beta, gamma and damping. */
  readonly parameters: readonly [number, number, number, number];
  /** Beta's share of alpha. */
  readonly share: number;
  /** Slope and weekdays before the first day; its level is part of the weekdays. */
  readonly states: Float64Array;
  /** Sum of the squared one-step errors. */
  readonly squared: number;
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

/** The parameters and first states of least squared errors. */
export function search(values: Float64Array, damped: boolean, constants: SmoothingConstants): Found {
  return new Search(values, damped, constants).run();
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

  run(): Found {
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
    const { shares, states, squared } = isSearching ? this.search(here, caution, steps).here : here;
    return { parameters: this.parameters(shares), share: shares[1]!, states, squared };
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
}
