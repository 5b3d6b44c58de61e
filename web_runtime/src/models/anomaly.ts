/** Finds what is out of the ordinary in a metric, day by day or as its values arrive, and in the rows of a table. */

import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import type { ModelManifest } from '../generated/manifest.js';
import { type Cadence, type MetricConstants, metricFeatures, MetricWindow } from '../metric-window.js';
import type { NamedTensors } from '../tensors.js';

/** A value of a metric; `null` or `NaN` where it is missing. */
export type MetricValue = number | null;

/** A row of a table: every feature of the manifest by name, in the units it states. */
export type AnomalyRow = Readonly<Record<string, number>>;

/** How a metric is watched. */
export interface AnomalyOptions {
  /** How often the metric is measured; `daily` where left out. Features look back four weeks: 28 days or 672 hours. */
  readonly cadence?: 'daily' | 'hourly' | undefined;
  /** Replaces thresholds of the manifest: `score`, `reconstruction`, `neural` (in multiples of it), `z`, `medium`, `high`. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
}

/** What is said of one point or row. */
export interface AnomalyVerdict {
  /** Whether the forest's score or the reconstruction error lies beyond its threshold. */
  readonly isAnomaly: boolean;
  /** The larger of z-score and reconstruction error in multiples of their thresholds, in steps; `none` where there is no anomaly. */
  readonly severity: 'none' | 'low' | 'medium' | 'high';
  /** Isolation forest's score, 0 = most ordinary .. 1 = most isolated. */
  readonly score: number;
  /** How badly the autoencoder rebuilds the row; about 1 for an ordinary one, 0.5 at least. */
  readonly reconstruction: number;
  /** Largest deviation of a single feature, standard deviations. */
  readonly z: number;
  /** Calibrated probability of an anomaly, 0 to 1. */
  readonly confidence: number;
  /** Each feature's share of the squared reconstruction error, by name; they sum to 1, or less where the error is the least. */
  readonly contributions: Readonly<Record<string, number>>;
}

/** A verdict on one point of a series. */
export interface PointVerdict extends AnomalyVerdict {
  /** Position of the point in the series, or among the values pushed, from 0. */
  readonly index: number;
}

/** A metric whose values come one by one; every value costs the same time, and nothing is kept beyond four weeks. */
export interface AnomalyWatch {
  /**
   * Takes the next value. The window moves on at once, so values may be pushed without waiting for answers.
   *
   * @returns The verdict, or null while less than four weeks have passed.
   */
  push(value: MetricValue): Promise<PointVerdict | null>;
}

/** The anomaly model of a suite. */
export interface Anomaly {
  /** Judges every point of a series that has four weeks before it. */
  detect(values: ArrayLike<MetricValue>, options?: AnomalyOptions): Promise<PointVerdict[]>;
  /** Judges the rows of a table of the ten features that the model was trained on. */
  detect(rows: readonly AnomalyRow[], options?: Pick<AnomalyOptions, 'thresholds'>): Promise<AnomalyVerdict[]>;
  /** Judges the rows of a table of the ten features that the model was trained on. */
  detectRows(rows: readonly AnomalyRow[], options?: Pick<AnomalyOptions, 'thresholds'>): Promise<AnomalyVerdict[]>;
  /** Watches a metric whose values come one by one. */
  watch(options?: AnomalyOptions): AnomalyWatch;
  /** The named tensor that `detect` feeds: `features_raw` [points or rows, 10]. */
  encode(input: ArrayLike<MetricValue> | readonly AnomalyRow[], options?: AnomalyOptions): NamedTensors;
}

/** What Python fixes of the model, read from the manifest. */
interface Constants extends MetricConstants {
  /** Whether the ten features are those of a metric's window or a table's own columns. */
  readonly mode: 'windows' | 'table';
  /** Most points of one call. */
  readonly longest: number;
  /** Points in a day, a week and a window, by the cadence's name. */
  readonly cadences: Readonly<Record<string, Cadence>>;
}

/** Offending rows named in one error. */
const MOST_NAMED_ROWS = 5;

/** The anomaly model's facade. */
export function anomaly(model: ModelHandle): Anomaly {
  const constants = (): Constants => model.manifest.preprocessing as unknown as Constants;
  const names = (): string[] => model.manifest.features.map(({ name }) => name);

  const cadenceOf = ({ cadence = 'daily' }: AnomalyOptions): Cadence => {
    const { mode, cadences } = constants();
    if (mode === 'table')
      throw new InputError(`anomaly: this model was trained on a table; it expects rows of ${names().join(', ')}, got a series`);
    if (!Object.hasOwn(cadences, cadence))
      throw new InputError(`anomaly: unknown cadence "${String(cadence)}"; expected one of ${Object.keys(cadences).join(', ')}`);
    return cadences[cadence]!;
  };

  const encode = (input: ArrayLike<MetricValue> | readonly AnomalyRow[], options: AnomalyOptions = {}): NamedTensors => {
    if (isRows(input) || constants().mode === 'table') return encodeRows(input as readonly AnomalyRow[], names());
    const cadence = cadenceOf(options);
    checkSeries(input, cadence, options.cadence ?? 'daily', constants().longest);
    const window = new MetricWindow(cadence);
    const count = input.length - cadence.window + 1;
    const data = new Float32Array(count * names().length);
    for (let index = 0, row = 0; index < input.length; index++) {
      window.push(input[index] ?? NaN);
      if (window.isFull) data.set(metricFeatures(window, constants()), row++ * names().length);
    }
    return { features_raw: { shape: [count, names().length], data } };
  };

  const verdicts = async (inputs: NamedTensors, options: AnomalyOptions): Promise<AnomalyVerdict[]> => {
    const thresholds = thresholdsOf(model.manifest, options);
    const outputs = await model.run(inputs);
    return Array.from({ length: inputs['features_raw']!.shape[0]! }, (_, row) => decode(outputs, row, thresholds, names()));
  };

  const detectRows = async (rows: readonly AnomalyRow[], options: AnomalyOptions = {}): Promise<AnomalyVerdict[]> => {
    if (!Array.isArray(rows)) throw new InputError(`anomaly: expected an array of rows, got ${typeof rows}`);
    return rows.length === 0 ? [] : verdicts(encodeRows(rows, names()), options);
  };

  async function detect(values: ArrayLike<MetricValue>, options?: AnomalyOptions): Promise<PointVerdict[]>;
  async function detect(rows: readonly AnomalyRow[], options?: Pick<AnomalyOptions, 'thresholds'>): Promise<AnomalyVerdict[]>;
  async function detect(
    input: ArrayLike<MetricValue> | readonly AnomalyRow[],
    options: AnomalyOptions = {},
  ): Promise<PointVerdict[] | AnomalyVerdict[]> {
    if (isRows(input) || constants().mode === 'table') return detectRows(input as readonly AnomalyRow[], options);
    const found = await verdicts(encode(input, options), options);
    return found.map((verdict, row) => ({ index: input.length - found.length + row, ...verdict }));
  }

  const watch = (options: AnomalyOptions = {}): AnomalyWatch => {
    const window = new MetricWindow(cadenceOf(options));
    let count = 0;
    return {
      push: async (value) => {
        checkValue(value, count, 'finite values, or null where one is missing');
        window.push(value ?? NaN);
        const index = count++;
        if (!window.isFull) return null;
        const features = Float32Array.from(metricFeatures(window, constants()));
        const [verdict] = await verdicts({ features_raw: { shape: [1, features.length], data: features } }, options);
        return { index, ...verdict! };
      },
    };
  };

  return { detect, detectRows, watch, encode };
}

function decode(outputs: NamedTensors, row: number, thresholds: Readonly<Record<string, number>>, names: readonly string[]): AnomalyVerdict {
  const [score, reconstruction, z, confidence] = ['score', 'reconstruction', 'z', 'confidence'].map((name) => outputs[name]!.data[row]!) as [
    number,
    number,
    number,
    number,
  ];
  const shares = outputs['contributions']!.data;
  const isAnomaly = score > thresholds['score']! || reconstruction > thresholds['reconstruction']! * thresholds['neural']!;
  const strength = Math.max(z / thresholds['z']!, reconstruction / thresholds['reconstruction']!);
  const step = strength >= thresholds['high']! ? 'high' : strength >= thresholds['medium']! ? 'medium' : 'low';
  const contributions = Object.fromEntries(names.map((name, column) => [name, shares[row * names.length + column]!]));
  return { isAnomaly, severity: isAnomaly ? step : 'none', score, reconstruction, z, confidence, contributions };
}

function thresholdsOf({ thresholds }: ModelManifest, options: AnomalyOptions): Readonly<Record<string, number>> {
  const own = options.thresholds ?? {};
  for (const [name, value] of Object.entries(own)) {
    if (!Object.hasOwn(thresholds, name))
      throw new InputError(`anomaly: unknown threshold "${name}"; expected one of ${Object.keys(thresholds).join(', ')}`);
    if (typeof value !== 'number' || !(value > 0)) throw new InputError(`anomaly: threshold "${name}" expects a number above 0, got ${String(value)}`);
  }
  return { ...thresholds, ...own };
}

function isRows(input: unknown): input is readonly AnomalyRow[] {
  return Array.isArray(input) && typeof input[0] === 'object' && input[0] !== null;
}

function encodeRows(rows: readonly AnomalyRow[], names: readonly string[]): NamedTensors {
  const problems = rows.flatMap((row, index) => problemsOf(row, names).map((problem) => `row ${index}: ${problem}`));
  if (problems.length > 0) {
    const more = problems.length - MOST_NAMED_ROWS;
    throw new InputError(`anomaly: ${problems.slice(0, MOST_NAMED_ROWS).join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
  }
  const data = new Float32Array(rows.length * names.length);
  rows.forEach((row, index) => names.forEach((name, column) => (data[index * names.length + column] = row[name]!)));
  return { features_raw: { shape: [rows.length, names.length], data } };
}

function problemsOf(row: unknown, names: readonly string[]): string[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return [`expected an object of ${names.length} features, got ${typeof row}`];
  const unknown = Object.keys(row).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !Object.hasOwn(row, name));
  const wrong = names.filter((name) => !missing.includes(name) && !isFinite32((row as Record<string, unknown>)[name]));
  return [
    ...unknown.map((name) => `unknown feature "${name}"; expected one of ${names.join(', ')}`),
    ...missing.map((name) => `missing feature "${name}"`),
    ...wrong.map((name) => `feature "${name}" expects a finite number, got ${shown((row as Record<string, unknown>)[name])}`),
  ];
}

function checkSeries(values: ArrayLike<unknown>, { window }: Cadence, cadence: string, longest: number): void {
  const expected = `${window} to ${longest} ${cadence} values, finite or missing (null, NaN)`;
  if (typeof values !== 'object' || values === null || typeof values.length !== 'number')
    throw new InputError(`anomaly: expected ${expected}, got ${shown(values)}`);
  if (values.length < window || values.length > longest) throw new InputError(`anomaly: expected ${expected}, got ${values.length}`);
  for (let index = 0; index < values.length; index++) checkValue(values[index], index, expected);
}

function checkValue(value: unknown, index: number, expected: string): void {
  if (value === null || (typeof value === 'number' && (Number.isNaN(value) || Number.isFinite(Math.fround(value))))) return;
  throw new InputError(`anomaly: expected ${expected}, got ${shown(value)} at index ${index}`);
}

function isFinite32(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
