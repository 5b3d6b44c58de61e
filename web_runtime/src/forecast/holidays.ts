/** What holidays do to a day, by rules and factors of the manifest. The twin of keras_models/forecast_holidays.py, which says why. */

import { InputError } from '../errors.js';
import { type Days, weekdayOf } from './days.js';

/** The day of a year that a holiday falls on; weekdays from 0 = Monday, `nth` -1 = the last of the month. */
export type HolidayRule =
  | { readonly month: number; readonly day: number }
  | { readonly month: number; readonly weekday: number; readonly nth: number };

/** A holiday, and the factor by which it changes each day around it, by days after it. */
export interface Holiday {
  readonly name: string;
  readonly rule: HolidayRule;
  readonly factors: Readonly<Record<string, number>>;
}

/** Holidays by calendar; the first calendar is that of the series learned from. */
export type Calendars = Readonly<Record<string, readonly Holiday[]>>;

const DAY_MS = 86_400_000;
const NO_CALENDAR = 'none';

/**
 * The factor of each day of a series and of the days ahead; ones where dates are unknown or no calendar is wanted.
 *
 * @param calendar - Name of a calendar, or `none`; the first one by default.
 * @throws {@link InputError} for a calendar that the model has not learned.
 */
export function factorsOf({ values, start }: Days, ahead: number, calendars: Calendars, calendar: string | undefined): Float64Array {
  const names = Object.keys(calendars);
  const name = calendar ?? names[0] ?? NO_CALENDAR;
  if (name !== NO_CALENDAR && !names.includes(name))
    throw new InputError(`Forecaster expects holidays as one of ${[...names, NO_CALENDAR].join(', ')}, got ${String(calendar)}`);
  const days = values.length + ahead;
  return start === null || name === NO_CALENDAR ? new Float64Array(days).fill(1) : dayFactors(calendars[name]!, start, days);
}

/** The factor of each of `days` days from `start` on (days since 1970-01-01), 1 on most. */
export function dayFactors(holidays: readonly Holiday[], start: number, days: number): Float64Array {
  const found = new Float64Array(days).fill(1);
  for (let year = yearOf(start) - 1; year <= yearOf(start + days) + 1; year++) {
    for (const { rule, factors } of holidays) {
      const first = dayOfRule(rule, year) - start;
      for (const [after, factor] of Object.entries(factors)) {
        const index = first + Number(after);
        if (index >= 0 && index < days) found[index]! *= factor;
      }
    }
  }
  return found;
}

/** Days since 1970-01-01 of the day that a rule means in a year. */
export function dayOfRule(rule: HolidayRule, year: number): number {
  if ('day' in rule) return dayAt(year, rule.month, rule.day);
  const { month, weekday, nth } = rule;
  if (nth > 0) {
    const first = dayAt(year, month, 1);
    return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1);
  }
  const last = dayAt(year, month + 1, 1) - 1;
  return last - ((weekdayOf(last) - weekday + 7) % 7) + 7 * (nth + 1);
}

function yearOf(day: number): number {
  return new Date(day * DAY_MS).getUTCFullYear();
}

/** Months beyond December belong to the next year. */
function dayAt(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}
