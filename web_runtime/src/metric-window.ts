/** The last four weeks of a metric and ten numbers told from them: the twin of datasets/metric_windows.py, which states each formula. */

/** How often a metric is measured, in points. */
export interface Cadence {
  readonly day: number;
  readonly week: number;
  /** Four weeks and the point that is judged. */
  readonly window: number;
}

/** Constants of the formulas, fixed by Python. */
export interface MetricConstants {
  /** Whole weeks before the point. */
  readonly weeks: number;
  /** Floor of a robust standard deviation, log ratio. */
  readonly floor: number;
  /** The same where day-to-day steps are compared. */
  readonly stepFloor: number;
  /** Standard deviation over median absolute deviation. */
  readonly madToSd: number;
  /** Standard deviations that the largest deviation counts as. */
  readonly jumpToSd: number;
  /** Up to here a usual magnitude counts as 0. */
  readonly tiny: number;
  /** Largest magnitude of a feature. */
  readonly limit: number;
}

/** A ring of the latest points: constant memory, and a missing value filled as it arrives. */
export class MetricWindow {
  private readonly ring: Float64Array;
  private readonly absent: Uint8Array;
  private count = 0;

  constructor(readonly cadence: Cadence) {
    this.ring = new Float64Array(cadence.window);
    this.absent = new Uint8Array(cadence.window);
  }

  /** Whether there are four weeks before the latest point. */
  get isFull(): boolean {
    return this.count >= this.ring.length;
  }

  /** Takes the next value; NaN is filled by that of a week before, else by the last one, else by 0. */
  push(value: number): void {
    const { length } = this.ring;
    const { week } = this.cadence;
    const at = (back: number): number => this.ring[(this.count - back) % length]!;
    const filled = !Number.isNaN(value) ? value : this.count >= week ? at(week) : this.count > 0 ? at(1) : 0;
    this.absent[this.count % length] = Number.isNaN(value) || filled === 0 ? 1 : 0;
    this.ring[this.count % length] = filled;
    this.count++;
  }

  /** The window's values, oldest first. */
  values(): Float64Array {
    const start = this.count % this.ring.length;
    const ordered = new Float64Array(this.ring.length);
    ordered.set(this.ring.subarray(start));
    ordered.set(this.ring.subarray(0, start), this.ring.length - start);
    return ordered;
  }

  /** How many of the latest points are 0 or missing, without a break. */
  zeroRun(): number {
    const { length } = this.absent;
    let run = 0;
    while (run < length && this.absent[(this.count - 1 - run) % length] === 1) run++;
    return run;
  }
}

/** The ten features of a full window's latest point, in the manifest's order. */
export function metricFeatures(window: MetricWindow, constants: MetricConstants): Float64Array {
  const { day, week } = window.cadence;
  const { floor, stepFloor, tiny, limit } = constants;
  const spread = (values: Float64Array, least = floor): number => spreadOf(values, constants, least);
  const y = scaled(window.values(), tiny);
  const now = y[y.length - 1]!;
  const history = y.subarray(0, -1);
  const residuals = differences(y, week);
  const steps = differences(y, day);
  const [residual, residualsBefore] = [residuals[residuals.length - 1]!, residuals.subarray(0, -1)];
  const [step, stepsBefore] = [steps[steps.length - 1]!, steps.subarray(0, -1)];
  const earlier = residuals.subarray(0, -week);
  const features = [
    (now - median(history)) / spread(history),
    (residual - median(residualsBefore)) / spread(residualsBefore),
    (step - median(stepsBefore)) / spread(stepsBefore),
    step,
    (median(residuals.subarray(-week)) - median(earlier)) / spread(earlier),
    Math.log(spread(steps.subarray(-week), stepFloor) / spread(steps.subarray(0, -week), stepFloor)),
    (slope(y.subarray(-2 * week)) - slope(y.subarray(1, 2 * week + 1))) * week,
    sideRun(y, y.subarray(0, 2 * week), spread(y.subarray(0, 2 * week))) / week,
    window.zeroRun() / week,
    patternLoss(y, week, constants),
  ];
  return Float64Array.from(features, (value) => Math.min(Math.max(value, -limit), limit));
}

/** Signed logarithms of the values in units of their usual magnitude. */
function scaled(values: Float64Array, tiny: number): Float64Array {
  const magnitudes = values.subarray(0, -1).map(Math.abs);
  const middle = median(magnitudes);
  const mean = sum(magnitudes) / magnitudes.length;
  const unit = middle > tiny ? middle : mean > tiny ? mean : 1;
  return values.map((value) => Math.sign(value) * Math.log1p(Math.abs(value / unit)));
}

function differences(values: Float64Array, lag: number): Float64Array {
  return values.subarray(lag).map((value, index) => value - values[index]!);
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function spreadOf(values: Float64Array, { madToSd, jumpToSd }: MetricConstants, floor: number): number {
  const middle = median(values);
  const away = values.map((value) => Math.abs(value - middle));
  return Math.max(madToSd * median(away), largest(away) / jumpToSd) + floor;
}

/** Least-squares slope per point. */
function slope(values: Float64Array): number {
  const middle = (values.length - 1) / 2;
  let along = 0;
  let squares = 0;
  values.forEach((value, index) => {
    along += value * (index - middle);
    squares += (index - middle) ** 2;
  });
  return along / squares;
}

/** How many of the latest points lie on the latest one's side of the base, over its spread away; negative below it. */
function sideRun(values: Float64Array, base: Float64Array, spread: number): number {
  const middle = median(base);
  const side = (index: number): number => (Math.abs(values[index]! - middle) > spread ? Math.sign(values[index]! - middle) : 0);
  const last = side(values.length - 1);
  let run = 1;
  while (run < values.length && side(values.length - 1 - run) === last) run++;
  return run * last;
}

/** What the last week's projection on the weekly pattern lacks of the least that the weeks before it had, by the pattern's length. */
function patternLoss(y: Float64Array, week: number, { weeks, floor }: MetricConstants): number {
  const flat = Array.from({ length: weeks }, (_, index) => flattened(y.subarray(1 + index * week, 1 + (index + 1) * week)));
  const before = flat.slice(0, -1);
  const pattern = Float64Array.from({ length: week }, (_, phase) => median(Float64Array.from(before, (values) => values[phase]!)));
  const length = Math.sqrt(dot(pattern, pattern));
  const along = flat.map((values) => dot(values, pattern) / (length > 0 ? length : 1));
  return Math.max(Math.min(...along.slice(0, -1)) - Math.abs(along[weeks - 1]!), 0) / (length + floor);
}

/** A week less its mean and its slope. */
function flattened(values: Float64Array): Float64Array {
  const mean = sum(values) / values.length;
  const middle = (values.length - 1) / 2;
  const centred = values.map((value) => value - mean);
  const rise = slope(centred);
  return centred.map((value, index) => value - rise * (index - middle));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function dot(one: Float64Array, other: Float64Array): number {
  return one.reduce((total, value, index) => total + value * other[index]!, 0);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
