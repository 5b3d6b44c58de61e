import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { type DailyValues, readDays } from '../src/forecast/days.js';
import { dayFactors, dayOfRule } from '../src/forecast/holidays.js';
import { forecaster } from '../src/models/forecaster.js';
import type { NamedTensors } from '../src/tensors.js';
import { fakeModel } from './fake.js';

const WINDOW = 30;
const ones = Array<number>(7).fill(1);
const none = Array<number>(7).fill(0);
const manifest = manifestWith({ lstm: ones, additive: none, damped: none });

function manifestWith(weights: object, widening: object = { lower: ones, upper: ones }) {
  return {
    inputs: [
      { name: 'values', shape: [WINDOW] },
      { name: 'weekday', shape: [1] },
    ],
    outputs: [{ name: 'median', shape: [7] }],
    preprocessing: {
      window: WINDOW,
      longest: 3650,
      week: 7,
      horizon: 7,
      longestHorizon: 90,
      interval: 0.8,
      gaps: { longest: 7, share: 0.2 },
      smoothing: {
        week: 7,
        shortest: 21,
        level: [1e-4, 0.9999],
        damping: [0.8, 0.995],
        starts: [[0.3, 0.3, 0.3, 0.5]],
        tries: 3,
        steps: 10,
        enough: 1e-9,
        caution: [1e-3, 0.1, 10],
        exact: 1e-20,
        ridge: 1e-12,
      },
      blend: { weights, widening, history: 90, margin: 0.25, growth: 1.5, floor: 0.01, largest: 8, tiny: 1e-30 },
      holidays: {},
    },
    thresholds: { rising: 0.05, falling: -0.05 },
  };
}

/** A model whose median is last week's values times a factor. */
function timesLastWeek(factor: number, of: object = manifest) {
  return fakeModel('forecaster', of, (inputs: NamedTensors) => {
    const { data, shape } = inputs['values']!;
    const rows = shape[0]!;
    const week = (scale: number) => ({
      shape: [rows, 7],
      data: Float32Array.from({ length: rows * 7 }, (_, index) => data[Math.floor(index / 7) * WINDOW + WINDOW - 7 + (index % 7)]! * scale),
    });
    return { median: week(factor), lower: week(factor * 0.9), upper: week(factor * 1.1), baseline: week(1) };
  });
}

const series = Array.from({ length: 40 }, (_, day) => 100 + day);

describe('forecaster', () => {
  it('feeds the last window of any series, and the weekday of the first forecast day', () => {
    const days = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: WINDOW, maxLength: 200 });
    const date = fc.integer({ min: -20_000, max: 40_000 });
    fc.assert(
      fc.property(days, date, (values, day) => {
        const start = new Date(day * 86_400_000);
        const { values: fed, weekday } = forecaster(timesLastWeek(1)).encode(values, { startDate: start.toISOString().slice(0, 10) });
        const forecastDay = new Date((day + values.length) * 86_400_000);
        expect(fed!.shape).toEqual([1, WINDOW]);
        expect(Array.from(fed!.data)).toEqual(Array.from(Float32Array.from(values.slice(-WINDOW))));
        expect(weekday!.data[0]).toBe((forecastDay.getUTCDay() + 6) % 7);
      }),
    );
  });

  it('leaves the weekday unknown without a date, and takes a Date by its UTC day', () => {
    const { encode } = forecaster(timesLastWeek(1));
    expect(encode(series)['weekday']!.data[0]).toBe(-1);
    const late = encode(series, { startDate: new Date('2024-02-27T23:59:59Z') });
    expect(late['weekday']).toEqual(encode(series, { startDate: '2024-02-27' })['weekday']);
  });

  it('names the forecast days after the last value, over a leap day', async () => {
    const { dates } = await forecaster(timesLastWeek(1)).predict(series.slice(0, 30), { startDate: '2024-01-29' });
    expect(dates).toEqual(['2024-02-28', '2024-02-29', '2024-03-01', '2024-03-02', '2024-03-03', '2024-03-04', '2024-03-05']);
    expect(await forecaster(timesLastWeek(1)).predict(series)).not.toHaveProperty('dates');
  });

  it.each([
    [1.06, 'rising'],
    [1, 'steady'],
    [0.94, 'falling'],
  ])('calls %d times last week %s', async (factor, trend) => {
    expect((await forecaster(timesLastWeek(factor)).predict(series)).trend).toBe(trend);
  });

  it('calls a series of zeros steady', async () => {
    expect((await forecaster(timesLastWeek(2)).predict(new Float32Array(30))).trend).toBe('steady');
  });

  it('answers a batch as it answers each series alone', async () => {
    const model = forecaster(timesLastWeek(1.02));
    const many = [series, series.map((value) => value * 3), series.slice(5)];
    expect(await model.predictBatch(many, { startDate: '2024-01-01' })).toEqual(
      await Promise.all(many.map((one) => model.predict(one, { startDate: '2024-01-01' }))),
    );
    expect(await model.predictBatch([])).toEqual([]);
  });

  it.each([
    [series.slice(0, 12), 'Forecaster expects 30 to 3650 finite daily values, got 12'],
    [new Float32Array(3651), 'Forecaster expects 30 to 3650 finite daily values, got 3651'],
    [[...series, NaN], 'Forecaster expects 30 to 3650 finite daily values, got NaN at index 40'],
    [[Infinity, ...series], 'Forecaster expects 30 to 3650 finite daily values, got Infinity at index 0'],
    [[...series, 1e39], 'Forecaster expects 30 to 3650 finite daily values, got 1e+39 at index 40'],
    [[...series, '7'], 'Forecaster expects 30 to 3650 finite daily values, got "7" at index 40'],
    ['hello', 'Forecaster expects 30 to 3650 finite daily values, got string'],
    [null, 'Forecaster expects 30 to 3650 finite daily values, got null'],
  ])('refuses unusable values, case %#', async (values, message) => {
    const failure = forecaster(timesLastWeek(1)).predict(values as number[]);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
  });

  it('says which series of a batch is unusable', async () => {
    await expect(forecaster(timesLastWeek(1)).predictBatch([series, [1, 2]])).rejects.toThrow('got 2 in series 1');
  });

  it.each(['2024-02-30', '27.2.2024', '2024-2-7', new Date(NaN)])('refuses the date %s', async (startDate) => {
    await expect(forecaster(timesLastWeek(1)).predict(series, { startDate })).rejects.toThrow(
      'expects startDate as YYYY-MM-DD or a valid Date',
    );
  });

  it('forecasts as many days as asked, the first week as ever', async () => {
    const model = forecaster(timesLastWeek(1.1));
    const week = await model.predict(series, { startDate: '2024-01-01' });
    const month = await model.predict(series, { startDate: '2024-01-01', horizon: 30 });
    for (const name of ['median', 'lower', 'upper', 'baseline', 'dates'] as const) {
      expect(month[name]).toHaveLength(30);
      expect(month[name]!.slice(0, 7)).toEqual(week[name]);
    }
    expect(month.lstm.median).toHaveLength(30);
    expect(month.smoothing.damped.median).toHaveLength(30);
    expect(month.trend).toBe(week.trend);
    expect((await model.predict(series, { horizon: 3 })).median).toEqual(week.median.slice(0, 3));
  });

  it('feeds its own forecast back', async () => {
    const { median } = await forecaster(timesLastWeek(1.1)).predict(series, { horizon: 21 });
    for (const day of [0, 1, 2, 3, 4, 5, 6]) {
      expect(median[day]! / series[33 + day]!).toBeCloseTo(1.1, 5);
      expect(median[14 + day]! / series[33 + day]!).toBeCloseTo(1.1 ** 3, 4);
    }
  });

  it('never narrows its interval, and widens it after a week as the smoothing errs more', async () => {
    const halvesOf = async (values: number[]) => {
      const { median, lower, upper } = await forecaster(timesLastWeek(1)).predict(values, { horizon: 60 });
      const scale = 0.01 * (values.slice(-7).reduce((total, value) => total + value, 0) / 7);
      const log = (value: number): number => Math.log(value + scale);
      return [median.map((value, day) => log(upper[day]!) - log(value)), median.map((value, day) => log(value) - log(lower[day]!))];
    };
    const walk = Array.from({ length: 90 }, (_, day) => 1000 + 300 * Math.sin(day / 9));
    for (const halves of await halvesOf(walk)) {
      for (let day = 1; day < 60; day++) expect(halves[day]!).toBeGreaterThanOrEqual(halves[day - 1]! - 1e-9);
      expect(halves[29]!).toBeGreaterThan(1.5 * halves[6]!);
    }
    const noise = Array.from({ length: 90 }, (_, day) => 1000 + (day % 7) * 50 + 60 * Math.sin(1.7 * day * day));
    for (const halves of await halvesOf(noise)) expect(halves[29]! / halves[6]!).toBeLessThan(1.5);
  });

  it('weighs its parts by day, in logarithms, and moves and widens the interval', async () => {
    const halves = Array<number>(7).fill(0.5);
    const mixed = manifestWith({ lstm: halves, additive: halves, damped: none }, { lower: ones, upper: ones.map(() => 2) });
    const { median, lower, upper, lstm, smoothing } = await forecaster(timesLastWeek(1.2, mixed)).predict(series);
    const log = (value: number): number => Math.log(value / 136 + 0.01);
    median.forEach((value, day) => {
      expect(log(value)).toBeCloseTo((log(lstm.median[day]!) + log(smoothing.additive.median[day]!)) / 2, 9);
      expect(log(value) - log(lower[day]!)).toBeCloseTo(log(lstm.median[day]!) - log(lstm.lower[day]!), 3);
      expect((log(upper[day]!) - log(value)) / (log(lstm.upper[day]!) - log(lstm.median[day]!))).toBeCloseTo(2, 1);
    });
  });

  it.each([0, 91, 1.5, NaN, '7'])('refuses the horizon %s', async (horizon) => {
    await expect(forecaster(timesLastWeek(1)).predict(series, { horizon: horizon as number })).rejects.toThrow(
      `Forecaster expects a horizon of 1 to 90 whole days, got ${horizon}`,
    );
  });

  it('fits both smoothings to a series as it is', () => {
    const { additive, damped } = forecaster(timesLastWeek(1)).smooth(Array.from({ length: 60 }, (_, day) => 5 * day + (day % 7)));
    expect(additive.damping).toBe(1);
    expect(additive.last.slope).toBeCloseTo(5, 6);
    expect(damped.damping).toBeLessThanOrEqual(0.995);
  });
});

describe('holidays', () => {
  const thanksgiving = { name: 'thanksgiving', rule: { month: 11, weekday: 3, nth: 4 }, factors: { '-1': 1.1, '0': 0.9, '1': 0.8 } };
  const memorialDay = { name: 'memorial day', rule: { month: 5, weekday: 0, nth: -1 }, factors: { '0': 0.5 } };
  const newYear = { name: 'new year', rule: { month: 1, day: 1 }, factors: { '-1': 1.2 } };
  const calendars = { US: [newYear, memorialDay, thanksgiving] };
  const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 86_400_000;
  const of = { ...manifest, preprocessing: { ...manifest.preprocessing, holidays: calendars } };
  const model = forecaster(timesLastWeek(1, of));

  it.each([
    [thanksgiving, ['2017-11-23', '2019-11-28', '2024-11-28']],
    [memorialDay, ['2017-05-29', '2021-05-31', '2025-05-26']],
    [newYear, ['2000-01-01', '2026-01-01']],
  ])('fall on the days their rules mean: $name', ({ rule }, days) => {
    for (const day of days) expect(dayOfRule(rule, Number(day.slice(0, 4)))).toBe(dayNumber(day));
  });

  it('change the days around them, in the year of the day itself', () => {
    expect(Array.from(dayFactors(calendars.US, dayNumber('2025-12-30'), 3))).toEqual([1, 1.2, 1]);
    expect(Array.from(dayFactors(calendars.US, dayNumber('2024-11-26'), 5))).toEqual([1, 1.1, 0.9, 0.8, 1]);
  });

  it('are put into the forecast, and left out where they are not wanted or dates are unknown', async () => {
    const startDate = '2025-10-18'; // 40 days before Thanksgiving
    const { median, lower, lstm, baseline } = await model.predict(series, { startDate });
    const plain = await model.predict(series, { startDate, holidays: 'none' });
    const factors = [0.9, 0.8, 1, 1, 1, 1, 1];
    factors.forEach((factor, day) => {
      // The day before, of factor 1.1, is what the last forecast day repeats.
      const same = day === 6 ? 1 / 1.1 : 1;
      expect(lstm.median[day]).toBeCloseTo(plain.lstm.median[day]! * factor * same, 3);
    });
    expect(median[1]! / plain.median[1]!).toBeCloseTo(0.8, 6);
    expect(lower[0]! / plain.lower[0]!).toBeCloseTo(0.9, 6);
    expect(baseline).toEqual(plain.baseline);
    expect((await model.predict(series)).median).toEqual(plain.median);
  });

  it('are taken out of what the network sees', () => {
    const quiet = series.map((value, day) => value * (day === 39 ? 0.8 : day === 38 ? 0.9 : day === 37 ? 1.1 : 1));
    const { values } = model.encode(quiet, { startDate: '2025-10-20' }); // Thanksgiving is its day 38
    series.slice(-WINDOW).forEach((value, day) => expect(values!.data[day]).toBeCloseTo(value, 3));
  });

  it('of an unknown calendar are refused', async () => {
    const failure = model.predict(series, { startDate: '2025-10-18', holidays: 'FR' });
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow('expects holidays as one of US, none, got FR');
  });
});

describe('gaps in the days', () => {
  const model = forecaster(timesLastWeek(1));
  const holes = (...missing: number[]) => series.map((value, index) => (missing.includes(index) ? null : value));

  it('are filled between the same weekdays of the nearest weeks, and flagged', async () => {
    const weekly = series.map((_, index) => 100 * (index % 7) + index);
    const missing = weekly.map((value, index) => (index === 20 || index === 21 || index === 28 ? null : value));
    const { filled } = await model.predict(missing, { startDate: '2024-01-01' });
    expect(filled).toEqual([
      { index: 20, value: weekly[20], date: '2024-01-21' },
      { index: 21, value: weekly[21], date: '2024-01-22' },
      { index: 28, value: weekly[28], date: '2024-01-29' },
    ]);
    expect((await model.predict(series)).filled).toEqual([]);
  });

  it('at either end take the nearest week', async () => {
    expect((await model.predict(holes(0, 39))).filled).toEqual([
      { index: 0, value: series[7] },
      { index: 39, value: series[32] },
    ]);
  });

  it('of any kind are filled by what lies between the neighbours', () => {
    const gaps = fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 8 });
    fc.assert(
      fc.property(gaps, fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 40, maxLength: 40 }), (missing, values) => {
        const { values: days, filled } = readDays(
          values.map((value, index) => (missing.includes(index) ? null : value)),
          undefined,
          { ...manifest.preprocessing, gaps: { longest: 8, share: 0.2 } },
          '',
        );
        expect(filled.map(({ index }) => index)).toEqual([...missing].sort((one, other) => one - other));
        days.forEach((value, index) => {
          if (!missing.includes(index)) expect(value).toBe(values[index]);
          const weekday = values.filter((_, day) => day % 7 === index % 7 && !missing.includes(day));
          expect(value).toBeGreaterThanOrEqual(Math.min(...weekday) - 1e-6);
          expect(value).toBeLessThanOrEqual(Math.max(...weekday) + 1e-6);
        });
      }),
    );
  });

  it('may be dates left out of dated values, which come in any order', async () => {
    const dated = series.map((value, day) => ({ date: new Date(Date.UTC(2024, 0, 1 + day)), value }));
    const whole = await model.predict(dated);
    expect(whole).toEqual(await model.predict(series, { startDate: '2024-01-01' }));
    expect(await model.predict([...dated].reverse())).toEqual(whole);
    const { filled, dates } = await model.predict(dated.filter((_, day) => day !== 10));
    expect(filled).toEqual([{ index: 10, value: series[10], date: '2024-01-11' }]);
    expect(dates).toEqual(whole.dates);
  });

  const date = (day: number): string => new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
  const dated = series.map((value, day) => ({ date: date(day), value }));
  it.each([
    [holes(3, 4, 5, 6, 7, 8, 9, 10), 'at most 7 missing days in a row and 20 % in all, got 8 in a row and 8 of 40 days'],
    [holes(0, 3, 6, 9, 12, 15, 18, 21, 24), 'got 1 in a row and 9 of 40 days'],
    [[...dated, { date: '2024-01-05', value: 3 }], 'got 2024-01-05 twice'],
    [[...dated.slice(1), { date: '2024-02-30', value: 3 }], 'expects the date at index 39 as YYYY-MM-DD or a valid Date, got 2024-02-30'],
    [[...dated, 7], 'got no { date, value } at index 40'],
    [[...dated, { date: '2034-01-05', value: 3 }], 'got 3658 from the first date to the last'],
    [[...dated, { date: date(40), value: '3' }], 'got "3" at index 40'],
    [[...dated, { date: date(40), value: NaN }], 'got NaN at index 40'],
    [dated.slice(0, 12), 'got 12'],
  ])('are refused where there are too many, or the dates make no series, case %#', async (values, message) => {
    const failure = model.predict(values as DailyValues);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
  });

  it('leave no room for a second start', async () => {
    await expect(model.predict(dated, { startDate: '2024-01-01' })).rejects.toThrow('either dated values or a startDate, got both');
  });
});
