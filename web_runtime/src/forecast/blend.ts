/**
 * The hybrid forecast: the network's days and two exponential smoothings of a longer past, weighed day by day in logarithms. The twin of
 * keras_models/forecast_blend.py, which says why.
 */

import { fitSmoothing, forecastSmoothing, type SmoothingConstants } from '../smoothing.js';

/** A forecast with its interval, in the unit of the values, one number a day. */
export interface Band {
  /** As likely to be exceeded as not. */
  readonly median: number[];
  /** Lower bound of the interval. */
  readonly lower: number[];
  /** Upper bound of the interval. */
  readonly upper: number[];
}

/** The forecast of an exponential smoothing, in the unit of the values, one number a day. */
export interface Line {
  readonly median: number[];
}

/** The smoothings that are blended. */
export interface Smoothings {
  /** With a straight trend. */
  readonly additive: Line;
  /** With a trend that flattens. */
  readonly damped: Line;
}

/** What Python fixes of the blend, read from the manifest. */
export interface BlendConstants {
  /** Weights of the parts, for each day of the network's horizon; they sum to 1 on each. */
  readonly weights: { readonly lstm: number[]; readonly additive: number[]; readonly damped: number[] };
  /** Factors on the halves of the network's interval, for each day of its horizon. */
  readonly widening: { readonly lower: number[]; readonly upper: number[] };
  /** Days that the smoothings are fitted to. */
  readonly history: number;
  /** Logarithm: how far in a week a smoothing may leave the range of the last days. */
  readonly margin: number;
  /** Share of the scale that is added before a logarithm is taken. */
  readonly floor: number;
  /** Largest logarithm of a forecast. */
  readonly largest: number;
  /** Least scale. */
  readonly tiny: number;
}

/** Logarithms of a value's share of a scale, and back. */
export class Scale {
  private readonly scale: number;

  /** Mean of the last week, or a tenth of the mean of all days where that is larger. */
  constructor(
    window: Float64Array,
    week: number,
    private readonly constants: BlendConstants,
  ) {
    const mean = (values: Float64Array): number => values.reduce((total, value) => total + Math.abs(value), 0) / values.length;
    this.scale = Math.max(mean(window.subarray(window.length - week)), 0.1 * mean(window), constants.tiny);
  }

  toLog(value: number): number {
    return Math.log(Math.max(value / this.scale, 0) + this.constants.floor);
  }

  /** Never below zero. */
  fromLog(log: number): number {
    const { floor, largest } = this.constants;
    return this.scale * Math.max(Math.exp(Math.min(log, largest)) - floor, 0);
  }
}

/**
 * Forecasts of both smoothings, kept near the range of the network's window.
 *
 * @param values - All days, oldest first.
 */
export function smoothed(
  values: Float64Array,
  horizon: number,
  window: number,
  scale: Scale,
  constants: BlendConstants,
  smoothing: SmoothingConstants,
): Smoothings {
  const logs = values.slice(-constants.history).map((value) => scale.toLog(value));
  const last = logs.subarray(logs.length - window);
  const [lowest, highest] = [Math.min(...last), Math.max(...last)];
  const line = (damped: boolean): Line => ({
    median: forecastSmoothing(fitSmoothing(logs, damped, smoothing), horizon).map((log, ahead) => {
      const margin = constants.margin * Math.max(1, (ahead + 1) / smoothing.week);
      return scale.fromLog(Math.min(highest + margin, Math.max(lowest - margin, log)));
    }),
  });
  return { additive: line(false), damped: line(true) };
}

/** How far the bounds lie below and above the median, in logarithms. */
interface Halves {
  readonly below: number;
  readonly above: number;
}

/** One forecast that grows week by week: its bounds never come nearer than the day before. */
export class GrowingBand implements Band {
  readonly median: number[] = [];
  readonly lower: number[] = [];
  readonly upper: number[] = [];
  private before: Halves = { below: 0, above: 0 };

  constructor(
    private readonly scale: Scale,
    private readonly widening: BlendConstants['widening'],
  ) {}

  /**
   * Appends a week.
   *
   * @param medians - Of this forecast, in logarithms.
   * @param network - What the network forecasts of the week; its interval is moved to the medians and widened. Errors of weeks are taken
   *   as independent, so that their squares add up.
   */
  append(medians: readonly number[], network: Band): void {
    const { scale, widening } = this;
    let own: Halves = { below: 0, above: 0 };
    let last = this.before;
    medians.forEach((median, day) => {
      const [middle, low, high] = [network.median, network.lower, network.upper].map((band) => scale.toLog(band[day]!)) as [
        number,
        number,
        number,
      ];
      own = {
        below: Math.max(own.below, Math.max(middle - low, 0) * widening.lower[day]!),
        above: Math.max(own.above, Math.max(high - middle, 0) * widening.upper[day]!),
      };
      last = {
        below: Math.sqrt(own.below ** 2 + this.before.below ** 2),
        above: Math.sqrt(own.above ** 2 + this.before.above ** 2),
      };
      this.median.push(scale.fromLog(median));
      this.lower.push(scale.fromLog(median - last.below));
      this.upper.push(scale.fromLog(median + last.above));
    });
    this.before = last;
  }
}

/** Medians of the blend of one week, in logarithms. */
export function blendedLogs(network: Band, { additive, damped }: Smoothings, week: number, scale: Scale, { weights }: BlendConstants): number[] {
  const { length } = network.median;
  return network.median.map(
    (median, day) =>
      weights.lstm[day]! * scale.toLog(median) +
      weights.additive[day]! * scale.toLog(additive.median[week * length + day]!) +
      weights.damped[day]! * scale.toLog(damped.median[week * length + day]!),
  );
}
