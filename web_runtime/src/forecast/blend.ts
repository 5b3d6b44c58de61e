/**
 * The hybrid forecast: the network's days and two exponential smoothings of a longer past, weighed day by day in logarithms. The twin of
 * keras_models/forecast_blend.py, which says why.
 */

import { fitSmoothing, forecastSmoothing, type SmoothingConstants, type SmoothingFit, spreadSmoothing } from './smoothing.js';

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
  /** Power of the growth of the smoothing's error by which the interval widens after the first week. */
  readonly growth: number;
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

  /** Never below zero, and zero where nothing but zeros was given. */
  fromLog(log: number): number {
    const { floor, largest, tiny } = this.constants;
    return this.scale <= tiny ? 0 : this.scale * Math.max(Math.exp(Math.min(log, largest)) - floor, 0);
  }
}

/** Both smoothings of a series, kept near the range of the network's window, and how errors grow with the days ahead. */
export class Smoothed implements Smoothings {
  readonly additive: Line;
  readonly damped: Line;
  /** Factor on the interval for each day after `step`; 1 up to there, never less. */
  readonly growth: number[];

  /**
   * @param values - All days, oldest first.
   * @param window - Days that the network sees.
   * @param step - Days of one run of the network.
   */
  constructor(
    values: Float64Array,
    horizon: number,
    window: number,
    step: number,
    scale: Scale,
    constants: BlendConstants,
    smoothing: SmoothingConstants,
  ) {
    const logs = values.slice(-constants.history).map((value) => scale.toLog(value));
    const last = logs.subarray(logs.length - window);
    const [lowest, highest] = [Math.min(...last), Math.max(...last)];
    const line = (fit: SmoothingFit): Line => ({
      median: forecastSmoothing(fit, horizon).map((log, ahead) => {
        const margin = constants.margin * Math.max(1, (ahead + 1) / smoothing.week);
        return scale.fromLog(Math.min(highest + margin, Math.max(lowest - margin, log)));
      }),
    });
    const damped = fitSmoothing(logs, true, smoothing);
    const spread = spreadSmoothing(damped, horizon);
    this.additive = line(fitSmoothing(logs, false, smoothing));
    this.damped = line(damped);
    // No faster than the days: a trend's spread could run away.
    this.growth = spread.map((one, ahead) =>
      Math.min(Math.max(one / spread[step - 1]!, 1) ** constants.growth, Math.max((ahead + 1) / step, 1)),
    );
  }
}

/** One forecast that grows with each run of the network: its bounds never come nearer than the day before. */
export class GrowingBand implements Band {
  readonly median: number[] = [];
  readonly lower: number[] = [];
  readonly upper: number[] = [];
  /** How far the bounds of the last day, and of the first run's last day, lie from the median, in logarithms. */
  private last = { below: 0, above: 0 };
  private base = { below: 0, above: 0 };

  constructor(
    private readonly scale: Scale,
    private readonly widening: BlendConstants['widening'],
    private readonly growth: readonly number[],
  ) {}

  /**
   * Appends the days of one run.
   *
   * @param medians - Of this forecast, in logarithms.
   * @param network - What the network forecasts of these days; its interval is moved to the medians and widened, and after the first run
   *   made as wide as that of the first run's last day has grown.
   */
  append(medians: readonly number[], network: Band): void {
    const { scale, widening, base } = this;
    medians.forEach((median, day) => {
      const growth = this.growth[this.median.length]!;
      const middle = scale.toLog(network.median[day]!);
      const below = Math.max(middle - scale.toLog(network.lower[day]!), 0) * widening.lower[day]!;
      const above = Math.max(scale.toLog(network.upper[day]!) - middle, 0) * widening.upper[day]!;
      this.last = {
        below: Math.max(this.last.below, below, base.below * growth),
        above: Math.max(this.last.above, above, base.above * growth),
      };
      this.median.push(scale.fromLog(median));
      this.lower.push(scale.fromLog(median - this.last.below));
      this.upper.push(scale.fromLog(median + this.last.above));
    });
    if (this.median.length === medians.length) this.base = this.last;
  }
}

/** Medians of the blend over the first run's days, in logarithms. */
export function blendedLogs(network: Band, { additive, damped }: Smoothings, scale: Scale, { weights }: BlendConstants): number[] {
  return network.median.map(
    (median, day) =>
      weights.lstm[day]! * scale.toLog(median) +
      weights.additive[day]! * scale.toLog(additive.median[day]!) +
      weights.damped[day]! * scale.toLog(damped.median[day]!),
  );
}
