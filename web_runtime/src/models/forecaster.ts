/** Forecasts the next days of a daily series; scaling, weekday and seasonality are computed in the graph. */

import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import type { ModelManifest } from '../generated/manifest.js';
import type { NamedTensors, TensorData } from '../tensors.js';

/** Options of a forecast. */
export interface ForecastOptions {
  /** Date of the first value, `YYYY-MM-DD` or a Date (its UTC day): gives the model the weekday and the answer its dates. */
  readonly startDate?: string | Date | undefined;
}

/** A forecast, in the unit of the values given. */
export interface Forecast {
  /** Expected value of each day; half of the days fall below. */
  readonly median: number[];
  /** Lower bound of each day's interval. */
  readonly lower: number[];
  /** Upper bound of each day's interval. */
  readonly upper: number[];
  /** Seasonal naive forecast: the same weekday of the last week. */
  readonly baseline: number[];
  /** The forecast's sum against that of the last days, by the manifest's thresholds. */
  readonly trend: 'rising' | 'steady' | 'falling';
  /** Number of days forecast. */
  readonly horizon: number;
  /** Share of days that fall between lower and upper. */
  readonly interval: number;
  /** Dates of the forecast days, `YYYY-MM-DD`; only with a startDate. */
  readonly dates?: string[];
}

/** The forecaster of a suite. */
export interface Forecaster {
  /** Forecasts one series of daily values, oldest first; the last ones are used. */
  predict(values: ArrayLike<number>, options?: ForecastOptions): Promise<Forecast>;
  /** Forecasts many series at once; `startDate` is that of all of them. */
  predictBatch(series: readonly ArrayLike<number>[], options?: ForecastOptions): Promise<Forecast[]>;
  /** The named tensors that `predict` feeds: `values` [1, window], `weekday` [1, 1]. */
  encode(values: ArrayLike<number>, options?: ForecastOptions): NamedTensors;
}

/** What Python fixes of the model, read from the manifest. */
interface Constants {
  /** Days that the model sees. */
  readonly window: number;
  /** Longest series accepted. */
  readonly longest: number;
  /** Share of days that fall into the interval. */
  readonly interval: number;
}

const UNKNOWN_WEEKDAY = -1;
const DAY_MS = 86_400_000;

/** The forecaster's facade. */
export function forecaster(model: ModelHandle): Forecaster {
  const encodeBatch = (series: readonly ArrayLike<number>[], { startDate }: ForecastOptions = {}): NamedTensors => {
    const constants = model.manifest.preprocessing as unknown as Constants;
    const { window } = constants;
    const values = new Float32Array(series.length * window);
    const weekday = new Float32Array(series.length);
    const start = startDate === undefined ? null : dayOf(startDate);
    series.forEach((days, row) => {
      check(days, constants, series.length > 1 ? ` in series ${row}` : '');
      for (let index = 0; index < window; index++) values[row * window + index] = days[days.length - window + index]!;
      weekday[row] = start === null ? UNKNOWN_WEEKDAY : weekdayOf(start + days.length);
    });
    return { values: { shape: [series.length, window], data: values }, weekday: { shape: [series.length, 1], data: weekday } };
  };

  const predictBatch = async (series: readonly ArrayLike<number>[], options: ForecastOptions = {}): Promise<Forecast[]> => {
    if (!Array.isArray(series)) throw new InputError(`Forecaster expects an array of series, got ${typeof series}`);
    if (series.length === 0) return [];
    const inputs = encodeBatch(series, options);
    const outputs = await model.run(inputs);
    return series.map((days, row) => ({ ...decode(outputs, row, model.manifest), ...datesOf(days.length, model.manifest, options) }));
  };

  return {
    predictBatch,
    predict: async (values, options) => (await predictBatch([values], options))[0]!,
    encode: (values, options) => encodeBatch([values], options),
  };
}

function check(days: ArrayLike<number>, { window, longest }: Constants, where: string): void {
  const expected = `Forecaster expects ${window} to ${longest} finite daily values`;
  if (typeof days !== 'object' || days === null || typeof days.length !== 'number')
    throw new InputError(`${expected}, got ${days === null ? 'null' : typeof days}${where}`);
  if (days.length < window || days.length > longest) throw new InputError(`${expected}, got ${days.length}${where}`);
  for (let index = 0; index < days.length; index++) {
    const value: unknown = days[index];
    if (typeof value === 'number' && Number.isFinite(Math.fround(value))) continue;
    throw new InputError(`${expected}, got ${typeof value === 'string' ? JSON.stringify(value) : String(value)} at index ${index}${where}`);
  }
}

function decode(outputs: NamedTensors, row: number, { thresholds, preprocessing }: ModelManifest): Forecast {
  const [median, lower, upper, baseline] = ['median', 'lower', 'upper', 'baseline'].map((name) => rowOf(outputs[name]!, row)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const { interval } = preprocessing as unknown as Constants;
  return { median, lower, upper, baseline, trend: trendOf(sum(median), sum(baseline), thresholds), horizon: median.length, interval };
}

function trendOf(ahead: number, behind: number, thresholds: ModelManifest['thresholds']): Forecast['trend'] {
  const change = behind > 0 ? (ahead - behind) / behind : 0;
  if (change >= thresholds['rising']!) return 'rising';
  return change <= thresholds['falling']! ? 'falling' : 'steady';
}

function datesOf(length: number, { outputs }: ModelManifest, { startDate }: ForecastOptions): Pick<Forecast, 'dates'> {
  if (startDate === undefined) return {};
  const first = dayOf(startDate) + length;
  const horizon = outputs.find(({ name }) => name === 'median')!.shape[0]!;
  return { dates: Array.from({ length: horizon }, (_, index) => new Date((first + index) * DAY_MS).toISOString().slice(0, 10)) };
}

function rowOf({ shape, data }: TensorData, row: number): number[] {
  const width = shape[1]!;
  return Array.from(data.subarray(row * width, (row + 1) * width));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Days since 1970-01-01 of an ISO date or of a Date's UTC day. */
function dayOf(date: string | Date): number {
  const text = date instanceof Date ? (Number.isNaN(date.getTime()) ? 'an invalid Date' : date.toISOString().slice(0, 10)) : date;
  const time = typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // Date.parse rolls 30 February over; such a date reads back as another.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw new InputError(
      `Forecaster expects startDate as YYYY-MM-DD or a valid Date, got ${typeof text === 'string' ? text : typeof text}`,
    );
  }
  return time / DAY_MS;
}

/** 0 = Monday .. 6 = Sunday; 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}
