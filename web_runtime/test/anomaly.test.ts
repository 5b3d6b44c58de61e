import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { anomaly, type AnomalyRow } from '../src/models/anomaly.js';
import { fakeModel } from './fake.js';

const names = [
  'level_z',
  'season_z',
  'day_z',
  'day_ratio',
  'week_ratio',
  'volatility',
  'slope_change',
  'run_length',
  'zero_run',
  'pattern_loss',
];
const preprocessing = {
  mode: 'windows',
  longest: 20_000,
  cadences: { daily: { day: 1, week: 7, window: 29 }, hourly: { day: 24, week: 168, window: 673 } },
  weeks: 4,
  floor: 0.02,
  stepFloor: 0.002,
  madToSd: 1.4826,
  jumpToSd: 2,
  tiny: 1e-200,
  limit: 30,
};
const manifest = {
  features: names.map((name) => ({ name })),
  thresholds: { score: 0.5, reconstruction: 2, neural: 1.5, z: 3, medium: 2, high: 4 },
  preprocessing,
};

/** A model whose score is |level_z| / 30, and whose reconstruction error and z-score are |day_z|. */
const fake = (changes: object = {}) =>
  anomaly(
    fakeModel('anomaly', { ...manifest, ...changes }, ({ features_raw }) => {
      const { shape, data } = features_raw!;
      const column = (at: number, of: (value: number) => number) => ({
        shape: [shape[0]!, 1],
        data: Float32Array.from({ length: shape[0]! }, (_, row) => of(data[row * 10 + at]!)),
      });
      return {
        score: column(0, (value) => Math.abs(value) / 30),
        reconstruction: column(2, Math.abs),
        z: column(2, Math.abs),
        confidence: column(0, () => 0.5),
        contributions: { shape: [...shape], data: data.map((_, index) => (index % 10) / 45) },
      };
    }),
  );
const model = fake();
const weekly = Array.from({ length: 40 }, (_, day) => 1000 + 100 * (day % 7));
const featuresOf = (values: readonly (number | null)[], options = {}) => {
  const { shape, data } = model.encode(values, options)['features_raw']!;
  return Array.from({ length: shape[0]! }, (_, row) =>
    Object.fromEntries(names.map((name, column): [string, number] => [name, data[row * 10 + column]!])),
  );
};
const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom<number | null>(null, NaN, 0) },
);

describe('features of a metric window', () => {
  it('are all zero for a constant metric', () => {
    for (const row of featuresOf(Array.from({ length: 35 }, () => 500))) for (const name of names) expect(row[name]).toBeCloseTo(0, 12);
  });

  it('are those of the same metric in another unit', () => {
    const values = weekly.map((one, day) => one + 37 * ((day * 5) % 11));
    const larger = featuresOf(values.map((one) => one * 4096));
    featuresOf(values).forEach((row, at) => expect(larger[at]).toEqual(row));
  });

  it('count the days that are zero or missing', () => {
    const last = featuresOf([...weekly, 0, null, NaN]).at(-1)!;
    expect(last['zero_run']).toBeCloseTo(3 / 7, 6);
  });

  it('take a missing value for that of a week before', () => {
    const filled = weekly.slice();
    filled[38] = filled[31]!;
    const missing: (number | null)[] = weekly.slice();
    missing[38] = null;
    const [one, other] = [featuresOf(missing).at(-1)!, featuresOf(filled).at(-1)!];
    expect(one).toEqual(other);
  });

  it('see a spike, a lost pattern and a slope where there are such', () => {
    expect(featuresOf([...weekly, 9000]).at(-1)!['season_z']).toBeGreaterThan(5);
    const busyDays = weekly.map((_, day) => 1000 + 100 * ((day * 3) % 7));
    const flat = Array.from({ length: 7 }, () => 1300);
    expect(featuresOf(busyDays).at(-1)!['pattern_loss']).toBeCloseTo(0, 6);
    expect(featuresOf([...busyDays.slice(0, 35), ...flat]).at(-1)!['pattern_loss']).toBeGreaterThan(0.5);
    expect(featuresOf(weekly.map((one, day) => one * 1.05 ** Math.max(0, day - 25))).at(-1)!['slope_change']).toBeGreaterThan(0.1);
  });

  it('stay finite and within the limit, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 29, maxLength: 45 }), (values) => {
        for (const row of featuresOf(values)) for (const name of names) expect(Math.abs(row[name]!)).toBeLessThanOrEqual(30);
      }),
    );
  });
});

describe('anomaly.watch', () => {
  it('says of each value what detect says of the whole series', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 29, maxLength: 60 }), async (values) => {
        const watch = model.watch();
        const answers = await Promise.all(values.map((one) => watch.push(one)));
        expect(answers.slice(0, 28)).toEqual(Array.from({ length: 28 }, () => null));
        expect(answers.slice(28)).toEqual(await model.detect(values));
      }),
      { numRuns: 30 },
    );
  });

  it('watches hours', async () => {
    const values = Array.from({ length: 680 }, (_, hour) => 100 + (hour % 24) + ((hour * 7) % 5));
    const watch = model.watch({ cadence: 'hourly' });
    const answers = await Promise.all(values.map((one) => watch.push(one)));
    expect(answers.filter((one) => one !== null)).toEqual(await model.detect(values, { cadence: 'hourly' }));
  });

  it('refuses a bad value and goes on as if it had not come', async () => {
    const watch = model.watch();
    for (const one of weekly) await watch.push(one);
    await expect(watch.push('7' as never)).rejects.toThrow('anomaly: expected finite values, or null where one is missing, got "7" at index 40');
    await expect(watch.push(Infinity)).rejects.toThrow(InputError);
    expect(await watch.push(1200)).toEqual((await model.detect([...weekly, 1200])).at(-1));
  });
});

describe('anomaly.detect', () => {
  it('judges every point that has four weeks before it', async () => {
    const found = await model.detect([...weekly, 9000]);
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: 13 }, (_, at) => at + 28));
    expect(found.at(-1)).toMatchObject({ isAnomaly: true, severity: 'high' });
    expect(found[0]).toMatchObject({ isAnomaly: false, severity: 'none' });
    expect(Object.keys(found[0]!.contributions)).toEqual(names);
  });

  it.each([
    [{ level_z: 15, day_z: 0 }, false, 'none'],
    [{ level_z: 15.5, day_z: 0 }, true, 'low'],
    [{ level_z: 0, day_z: 3 }, false, 'none'],
    [{ level_z: 0, day_z: 3.5 }, true, 'low'],
    [{ level_z: 0, day_z: 4 }, true, 'medium'],
    [{ level_z: 0, day_z: 8 }, true, 'high'],
  ])('flags by score or reconstruction error: %j', async (changes, isAnomaly, severity) => {
    const row: AnomalyRow = { ...Object.fromEntries(names.map((name) => [name, 0])), ...changes };
    expect((await model.detectRows([row]))[0]).toMatchObject({ isAnomaly, severity });
    expect((await model.detect([row]))[0]).toMatchObject({ isAnomaly, severity });
  });

  it('takes thresholds of the caller', async () => {
    const row: AnomalyRow = { ...Object.fromEntries(names.map((name) => [name, 0])), day_z: 2.5 };
    expect((await model.detectRows([row], { thresholds: { neural: 1 } }))[0]!.isAnomaly).toBe(true);
    expect((await model.detectRows([row], { thresholds: { neural: 2 } }))[0]!.isAnomaly).toBe(false);
    await expect(model.detectRows([row], { thresholds: { nerve: 1 } })).rejects.toThrow(
      'anomaly: unknown threshold "nerve"; expected one of score, reconstruction, neural, z, medium, high',
    );
    await expect(model.detectRows([row], { thresholds: { z: 0 } })).rejects.toThrow('anomaly: threshold "z" expects a number above 0, got 0');
  });

  it.each([
    [weekly.slice(0, 12), 'anomaly: expected 29 to 20000 daily values, finite or missing (null, NaN), got 12'],
    [[...weekly, '7'], 'got "7" at index 40'],
    [[...weekly, Infinity], 'got Infinity at index 40'],
    [[...weekly, 1e39], 'got 1e+39 at index 40'],
    [null, 'got null'],
    [7, 'got 7'],
    [[{ level_z: 1 }], 'anomaly: row 0: missing feature "season_z"'],
    [[{ ...Object.fromEntries(names.map((name) => [name, 0])), x: 1, z: NaN }], 'row 0: unknown feature "x"'],
  ])('refuses bad input, case %#', async (input, message) => {
    await expect(model.detect(input as never)).rejects.toThrow(InputError);
    await expect(model.detect(input as never)).rejects.toThrow(message);
  });

  it('refuses an unknown cadence, and a series where the model was trained on a table', async () => {
    await expect(model.detect(weekly, { cadence: 'weekly' as never })).rejects.toThrow('unknown cadence "weekly"; expected one of daily, hourly');
    const table = fake({ preprocessing: { ...preprocessing, mode: 'table' } });
    expect(() => table.watch()).toThrow('trained on a table; it expects rows of level_z');
    await expect(table.detect(weekly)).rejects.toThrow('row 0: expected an object of 10 features, got number');
  });
});
