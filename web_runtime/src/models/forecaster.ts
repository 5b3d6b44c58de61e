/**
 * Forecasts a daily series: a network for the week ahead, two exponential smoothings of the longer past, and their blend. Scaling, weekday
 * and seasonality of the network are computed in its graph.
 */

import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { type Band, type BlendConstants, blendedLogs, GrowingBand, Scale, Smoothed, type Smoothings } from '../forecast/blend.js';
import { type DailyValues, dateOf, type DayConstants, type Days, type FilledDay, readDays, weekdayOf } from '../forecast/days.js';
import { type Calendars, factorsOf } from '../forecast/holidays.js';
import type { ModelManifest } from '../generated/manifest.js';
import { fitSmoothing, type SmoothingConstants, type SmoothingFit } from '../forecast/smoothing.js';
import type { NamedTensors } from '../tensors.js';

export type { Band, Line, Smoothings } from '../forecast/blend.js';
export type { DailyValues, DatedValue, FilledDay } from '../forecast/days.js';
export type { SmoothingFit, SmoothingState } from '../forecast/smoothing.js';

/** Options of a forecast. */
export interface ForecastOptions {
  /**
   * Date of the first value, `YYYY-MM-DD` or a Date (its UTC day): gives the model the weekday and the answer its dates. Dated values
   * bring it themselves.
   */
  readonly startDate?: string | Date | undefined;
  /** Days to forecast, 1 to 90; a week by default. */
  readonly horizon?: number | undefined;
  /**
   * Whose holidays move the series, where dates are known: the calendar of the series learned from by default (`US` for the model that is
   * shipped), `none` for a business that does not feel them.
   */
  readonly holidays?: string | undefined;
}

/**
 * A forecast, in the unit of the values given. Its own median and bounds are those of the blend. From the second week on the network
 * speaks alone, fed what was forecast before, and the interval widens as the error of the damped smoothing grows.
 */
export interface Forecast extends Band {
  /** The network's forecast alone. */
  readonly lstm: Band;
  /** The forecasts of exponential smoothing alone. */
  readonly smoothing: Smoothings;
  /** Seasonal naive forecast: the same weekday of the last week. */
  readonly baseline: number[];
  /** The sum of the week ahead against that of the last week, holidays left out of both, by the manifest's thresholds. */
  readonly trend: 'rising' | 'steady' | 'falling';
  /** Number of days forecast. */
  readonly horizon: number;
  /** Share of days that fall between lower and upper. */
  readonly interval: number;
  /** Days that were missing and what was put in their place; empty where none was. */
  readonly filled: FilledDay[];
  /** Dates of the forecast days, `YYYY-MM-DD`; only where dates are known. */
  readonly dates?: string[];
}

/** Exponential smoothings fitted to all of a series, in the unit of its values. */
export interface SmoothingFits {
  /** With a straight trend. */
  readonly additive: SmoothingFit;
  /** With a trend that flattens. */
  readonly damped: SmoothingFit;
}

/** The forecaster of a suite. */
export interface Forecaster {
  /**
   * Forecasts one series of daily values, oldest first, or of dated values.
   *
   * @throws InputError for fewer than 30 or more than 3650 days, anything but finite numbers, or too many missing days.
   */
  predict(values: DailyValues, options?: ForecastOptions): Promise<Forecast>;
  /** Forecasts many series at once; the options are those of all of them. */
  predictBatch(series: readonly DailyValues[], options?: ForecastOptions): Promise<Forecast[]>;
  /** Fits both smoothings to a whole series, without the network: parameters, states, squared one-step errors. */
  smooth(values: DailyValues): SmoothingFits;
  /** The named tensors that `predict` feeds first: `values` [1, window], `weekday` [1, 1]. */
  encode(values: DailyValues, options?: ForecastOptions): NamedTensors;
}

/** What Python fixes of the model, read from the manifest. */
interface Constants extends DayConstants {
  /** Days of one run of the network. */
  readonly horizon: number;
  /** Most days of a forecast. */
  readonly longestHorizon: number;
  /** Share of days that fall into the interval. */
  readonly interval: number;
  readonly smoothing: SmoothingConstants;
  readonly blend: BlendConstants;
  readonly holidays: Calendars;
}

const UNKNOWN_WEEKDAY = -1;

/** The forecaster's facade. */
export function forecaster(model: ModelHandle): Forecaster {
  const constants = (): Constants => model.manifest.preprocessing as unknown as Constants;
  const read = (series: readonly DailyValues[], { startDate }: ForecastOptions): Days[] =>
    series.map((days, row) => readDays(days, startDate, constants(), series.length > 1 ? ` in series ${row}` : ''));

  const predictBatch = async (series: readonly DailyValues[], options: ForecastOptions = {}): Promise<Forecast[]> => {
    if (!Array.isArray(series)) throw new InputError(`Forecaster expects an array of series, got ${typeof series}`);
    const horizon = checkedHorizon(options.horizon, constants());
    const rows = read(series, options).map((days) => new Row(days, horizon, options.holidays, model.manifest));
    for (let week = 0; rows.length > 0 && week * constants().horizon < horizon; week++) {
      const outputs = await model.run(tensors(rows.map(({ window, weekday }) => ({ window, weekday }))));
      rows.forEach((row, index) => row.append(outputs, index));
    }
    return rows.map((row) => row.forecast());
  };

  return {
    predictBatch,
    predict: async (values, options) => (await predictBatch([values], options))[0]!,
    smooth: (values) => {
      const { smoothing } = constants();
      const [{ values: days }] = read([values], {}) as [Days];
      return { additive: fitSmoothing(days, false, smoothing), damped: fitSmoothing(days, true, smoothing) };
    },
    encode: (values, options = {}) =>
      tensors(read([values], options).map((days) => new Row(days, constants().horizon, options.holidays, model.manifest))),
  };
}

/** One series of a batch, whose forecast grows by a week with each run of the network. */
class Row {
  readonly weekday: number;
  /** What the network sees next. */
  window: Float64Array;
  private readonly constants: Constants;
  private readonly scale: Scale;
  private readonly smoothings: Smoothed;
  private readonly blend: GrowingBand;
  private readonly lstm: GrowingBand;
  /** What holidays do to each day of the series and of the forecast; all that is forecast in between knows none. */
  private readonly factors: Float64Array;
  /** Sum of the last seven days without holidays. */
  private readonly calmWeek: number;

  constructor(
    private readonly days: Days,
    private readonly horizon: number,
    calendar: string | undefined,
    private readonly manifest: ModelManifest,
  ) {
    this.constants = manifest.preprocessing as unknown as Constants;
    const { window, week, blend, smoothing, horizon: step } = this.constants;
    this.factors = factorsOf(days, horizon, this.constants.holidays, calendar);
    const calm = days.values.map((value, day) => value / this.factors[day]!);
    this.weekday = weekdayAfter(days);
    this.window = calm.slice(-window);
    this.calmWeek = sum(calm.slice(-week));
    this.scale = new Scale(this.window, week, blend);
    this.smoothings = new Smoothed(calm, Math.ceil(horizon / step) * step, window, step, this.scale, blend, smoothing);
    this.blend = new GrowingBand(this.scale, blend.widening, this.smoothings.growth);
    const ones = blend.widening.lower.map(() => 1);
    this.lstm = new GrowingBand(this.scale, { lower: ones, upper: ones }, this.smoothings.growth);
  }

  /** Adds the network's answer on the window to the forecasts, and moves the window on. */
  append(outputs: NamedTensors, row: number): void {
    const { scale, smoothings, constants } = this;
    const [median, lower, upper] = ['median', 'lower', 'upper'].map((name) => rowOf(outputs, name, row)) as [number[], number[], number[]];
    const network = { median, lower, upper };
    const own = median.map((value) => scale.toLog(value));
    const isFirst = this.blend.median.length === 0;
    this.blend.append(isFirst ? blendedLogs(network, smoothings, scale, constants.blend) : own, network);
    this.lstm.append(own, network);
    const ahead = this.blend.median.slice(-median.length);
    this.window = Float64Array.from([...this.window, ...ahead]).slice(-constants.window);
  }

  forecast(): Forecast {
    const { days, horizon, manifest, smoothings, constants, factors } = this;
    const { additive, damped } = smoothings;
    const ahead = factors.subarray(days.values.length);
    const cut = (values: ArrayLike<number>): number[] => Array.from(ahead, (factor, day) => values[day]! * factor);
    const band = ({ median, lower, upper }: Band): Band => ({ median: cut(median), lower: cut(lower), upper: cut(upper) });
    const lastWeek = days.values.slice(-constants.week);
    const { start } = days;
    return {
      ...band(this.blend),
      lstm: band(this.lstm),
      smoothing: { additive: { median: cut(additive.median) }, damped: { median: cut(damped.median) } },
      baseline: Array.from({ length: horizon }, (_, day) => lastWeek[day % constants.week]!),
      trend: trendOf(sum(this.blend.median.slice(0, constants.week)), this.calmWeek, manifest.thresholds),
      horizon,
      interval: constants.interval,
      filled: days.filled,
      ...(start === null ? {} : { dates: Array.from({ length: horizon }, (_, day) => dateOf(start + days.values.length + day)) }),
    };
  }
}

function checkedHorizon(horizon: number | undefined, constants: Constants): number {
  if (horizon === undefined) return constants.horizon;
  if (Number.isInteger(horizon) && horizon >= 1 && horizon <= constants.longestHorizon) return horizon;
  throw new InputError(`Forecaster expects a horizon of 1 to ${constants.longestHorizon} whole days, got ${String(horizon)}`);
}

function tensors(rows: readonly { readonly window: Float64Array; readonly weekday: number }[]): NamedTensors {
  const width = rows[0]!.window.length;
  const values = new Float32Array(rows.length * width);
  rows.forEach(({ window }, row) => values.set(window, row * width));
  const weekday = Float32Array.from(rows, (row) => row.weekday);
  return { values: { shape: [rows.length, width], data: values }, weekday: { shape: [rows.length, 1], data: weekday } };
}

/** Of the day after the last one; weeks later it is the same. */
function weekdayAfter({ start, values }: Days): number {
  return start === null ? UNKNOWN_WEEKDAY : weekdayOf(start + values.length);
}

function trendOf(ahead: number, behind: number, thresholds: ModelManifest['thresholds']): Forecast['trend'] {
  const change = behind > 0 ? (ahead - behind) / behind : 0;
  if (change >= thresholds['rising']!) return 'rising';
  return change <= thresholds['falling']! ? 'falling' : 'steady';
}

function rowOf(outputs: NamedTensors, name: string, row: number): number[] {
  const { shape, data } = outputs[name]!;
  const width = shape[1]!;
  return Array.from(data.subarray(row * width, (row + 1) * width));
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}
