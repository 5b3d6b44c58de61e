import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { forecaster } from '../src/models/forecaster.js';
import type { NamedTensors } from '../src/tensors.js';
import { fakeModel } from './fake.js';

const WINDOW = 30;
const manifest = {
  inputs: [
    { name: 'values', shape: [WINDOW] },
    { name: 'weekday', shape: [1] },
  ],
  outputs: [{ name: 'median', shape: [7] }],
  preprocessing: { window: WINDOW, longest: 3650, horizon: 7, interval: 0.8 },
  thresholds: { rising: 0.05, falling: -0.05 },
};

/** A model whose median is last week's values times a factor. */
function timesLastWeek(factor: number) {
  return fakeModel('forecaster', manifest, (inputs: NamedTensors) => {
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
});
