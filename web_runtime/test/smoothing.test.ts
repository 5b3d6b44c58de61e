import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fitSmoothing, forecastSmoothing, type SmoothingConstants, type SmoothingFit, spreadSmoothing } from '../src/forecast/smoothing.js';

const constants: SmoothingConstants = {
  week: 7,
  shortest: 21,
  level: [1e-4, 0.9999],
  damping: [0.8, 0.995],
  starts: [
    [0.1, 0.1, 0.1, 0.5],
    [0.6, 0.1, 0.5, 0.5],
  ],
  tries: 4,
  steps: 30,
  enough: 1e-9,
  caution: [1e-3, 0.1, 10],
  exact: 1e-20,
  ridge: 1e-12,
};
const WEEK = [0, 5, 1, 8, 30, 40, 2];

/** One-step errors and the level, slope and season after the last day, by the textbook's own form of the recursion. */
function smoothed(values: readonly number[], { alpha, beta, gamma, damping, first }: SmoothingFit) {
  let { level, slope } = first;
  const season = [...first.season];
  let squared = 0;
  values.forEach((value, day) => {
    const before = level + damping * slope;
    const weekday = season[day % 7]!;
    squared += (value - before - weekday) ** 2;
    const next = alpha * (value - weekday) + (1 - alpha) * before;
    slope = beta * (next - level) + (1 - beta) * damping * slope;
    season[day % 7] = gamma * (value - before) + (1 - gamma) * weekday;
    level = next;
  });
  return { squared, level, slope, season: season.map((_, ahead) => season[(values.length + ahead) % 7]!) };
}

const noisy = Array.from({ length: 200 }, (_, day) => 100 + 0.3 * day + WEEK[day % 7]! + 9 * Math.sin(day * day) + 20 * Math.sin(day / 9));

describe.each([false, true])('smoothing, damped %s', (damped) => {
  it('ends in the states to which its parameters and first states lead', () => {
    const fit = fitSmoothing(Float64Array.from(noisy), damped, constants);
    const { squared, level, slope, season } = smoothed(noisy, fit);
    expect(fit.squaredErrors / squared).toBeCloseTo(1, 9);
    expect(fit.last.slope).toBeCloseTo(slope, 9);
    fit.last.season.forEach((value, day) => expect(fit.last.level + value).toBeCloseTo(level + season[day]!, 8));
    expect(fit.damping === 1).toBe(!damped);
  });

  it('finds no smaller errors beside what it found', () => {
    const fit = fitSmoothing(Float64Array.from(noisy), damped, constants);
    for (const name of ['alpha', 'gamma', ...(damped ? ['damping'] : [])] as const)
      for (const factor of [0.99, 1.01]) {
        const other = { ...fit, [name]: fit[name as 'alpha'] * factor };
        const isAllowed = other.gamma <= 1 - other.alpha && other.beta <= other.alpha && (!damped || (other.damping >= 0.8 && other.damping <= 0.995));
        if (isAllowed) expect(smoothed(noisy, other).squared).toBeGreaterThanOrEqual(fit.squaredErrors * (1 - 1e-7));
      }
    for (const change of [-0.5, 0.5]) {
      const first = { ...fit.first, level: fit.first.level + change };
      expect(smoothed(noisy, { ...fit, first }).squared).toBeGreaterThan(fit.squaredErrors);
    }
  });

  it('keeps every series within the ranges, and finite', () => {
    const days = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 21, maxLength: 60 });
    fc.assert(
      fc.property(days, (values) => {
        const fit = fitSmoothing(Float64Array.from(values), damped, constants);
        expect(fit.alpha).toBeGreaterThanOrEqual(1e-4);
        expect(fit.alpha).toBeLessThanOrEqual(0.9999);
        expect(fit.beta).toBeLessThanOrEqual(fit.alpha);
        expect(fit.gamma).toBeLessThanOrEqual(1 - fit.alpha);
        for (const value of forecastSmoothing(fit, 90)) expect(Number.isFinite(value)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('goes on as a constant went', () => {
    for (const value of [0, 7, 1e9]) {
      const fit = fitSmoothing(new Float64Array(40).fill(value), damped, constants);
      for (const ahead of forecastSmoothing(fit, 30)) expect(Math.abs(ahead - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, value));
    }
  });
});

describe('smoothing', () => {
  it('goes on along a line with a weekly season', () => {
    const value = (day: number): number => 50 + 2 * day + WEEK[day % 7]!;
    const fit = fitSmoothing(Float64Array.from({ length: 60 }, (_, day) => value(day)), false, constants);
    forecastSmoothing(fit, 30).forEach((ahead, day) => expect(ahead).toBeCloseTo(value(60 + day), 5));
  });

  it('errs more from day to day as its level carries errors on', () => {
    const last = { level: 10, slope: 0, season: Array<number>(7).fill(0) };
    const walk = { alpha: 1, beta: 0, gamma: 0, damping: 1, first: last, last, squaredErrors: 0 };
    spreadSmoothing(walk, 30).forEach((one, ahead) => expect(one).toBeCloseTo(Math.sqrt(ahead + 1), 12));
    expect(spreadSmoothing({ ...walk, alpha: 0, gamma: 1 }, 9)).toEqual([1, 1, 1, 1, 1, 1, 1, Math.SQRT2, Math.SQRT2]);
  });

  it('flattens where the trend is damped', () => {
    const last = { level: 10, slope: 1, season: Array<number>(7).fill(0) };
    const fit = { alpha: 0.5, beta: 0.1, gamma: 0.1, damping: 0.5, first: last, last, squaredErrors: 0 };
    expect(forecastSmoothing(fit, 3)).toEqual([10.5, 10.75, 10.875]);
    expect(forecastSmoothing({ ...fit, damping: 1 }, 3)).toEqual([11, 12, 13]);
  });
});
