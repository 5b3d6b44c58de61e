/** Daily values as callers have them, with dates or without, days missing or not: made one gapless series, or refused by name. */

import { InputError } from '../errors.js';

/** A day and its value; null where it is missing. */
export interface DatedValue {
  /** `YYYY-MM-DD`, or a Date by its UTC day. */
  readonly date: string | Date;
  readonly value: number | null;
}

/** What `predict` takes: values, oldest first, null where a day is missing, or dated values in any order, days left out at will. */
export type DailyValues = ArrayLike<number | null> | readonly DatedValue[];

/** A day that was missing, and the value put in its place. */
export interface FilledDay {
  /** Days since the first one. */
  readonly index: number;
  readonly value: number;
  /** `YYYY-MM-DD`, where dates are known. */
  readonly date?: string;
}

/** A series without gaps. */
export interface Days {
  readonly values: Float64Array;
  /** Days since 1970-01-01 of the first value; null where no date is known. */
  readonly start: number | null;
  /** Missing days, oldest first. */
  readonly filled: FilledDay[];
}

/** What Python fixes of a series, read from the manifest. */
export interface DayConstants {
  /** Days that the network sees, and the fewest accepted. */
  readonly window: number;
  /** Longest series accepted. */
  readonly longest: number;
  /** Days of a week. */
  readonly week: number;
  /** Most missing days in a row, and the largest share of all. */
  readonly gaps: { readonly longest: number; readonly share: number };
}

const DAY_MS = 86_400_000;

/**
 * Reads a series.
 *
 * @param where - Names the series in errors, for instance ` in series 3`.
 * @throws {@link InputError} for anything but finite values, dates or too few of either, and for too many gaps.
 */
export function readDays(given: DailyValues, startDate: string | Date | undefined, constants: DayConstants, where: string): Days {
  const { window, longest } = constants;
  const expected = `Forecaster expects ${window} to ${longest} finite daily values`;
  const refuse = (got: string): never => {
    throw new InputError(`${expected}, got ${got}${where}`);
  };
  if (typeof given !== 'object' || given === null || typeof given.length !== 'number') return refuse(given === null ? 'null' : typeof given);
  if (given.length > longest) return refuse(String(given.length));
  const isDated = given.length > 0 && typeof given[0] === 'object' && given[0] !== null;
  const { values, start } = isDated
    ? readDated(given as readonly DatedValue[], startDate, longest, refuse)
    : { values: given as ArrayLike<number | null>, start: startDate === undefined ? null : dayOf(startDate, 'startDate') };
  if (values.length < window || values.length > longest) return refuse(String(values.length));
  const known = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value: unknown = values[index];
    if (value === null) known[index] = NaN;
    else if (typeof value === 'number' && Number.isFinite(Math.fround(value))) known[index] = value;
    else return refuse(`${typeof value === 'string' ? JSON.stringify(value) : String(value)} at index ${index}`);
  }
  return { values: known, start, filled: fill(known, start, constants, where) };
}

/** Days since 1970-01-01 of an ISO date or of a Date's UTC day. */
export function dayOf(date: string | Date, name: string): number {
  const text = date instanceof Date ? (Number.isNaN(date.getTime()) ? 'an invalid Date' : date.toISOString().slice(0, 10)) : date;
  const time = typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // Date.parse rolls 30 February over; such a date reads back as another.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw new InputError(`Forecaster expects ${name} as YYYY-MM-DD or a valid Date, got ${typeof text === 'string' ? text : typeof text}`);
  }
  return time / DAY_MS;
}

/** ISO date of days since 1970-01-01. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Monday .. 6 = Sunday; 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function readDated(
  given: readonly DatedValue[],
  startDate: string | Date | undefined,
  longest: number,
  refuse: (got: string) => never,
): { values: (number | null)[]; start: number } {
  if (startDate !== undefined) throw new InputError('Forecaster expects either dated values or a startDate, got both');
  const days = given.map((one, index) => {
    if (typeof one !== 'object' || one === null || !('value' in one)) return refuse(`no { date, value } at index ${index}`);
    return dayOf(one.date, `the date at index ${index}`);
  });
  const start = Math.min(...days);
  const length = Math.max(...days) - start + 1;
  if (length > longest) return refuse(`${length} from the first date to the last`);
  const values = Array<number | null>(length).fill(null);
  const seen = new Set<number>();
  days.forEach((day, index) => {
    if (seen.has(day)) refuse(`${dateOf(day)} twice`);
    seen.add(day);
    const { value } = given[index]!;
    if (value !== null && !(typeof value === 'number' && Number.isFinite(Math.fround(value))))
      refuse(`${typeof value === 'string' ? JSON.stringify(value) : String(value)} at index ${index}`);
    values[day - start] = value;
  });
  return { values, start };
}

/** Puts the line between the same weekday of the nearest known weeks into each gap; at either end, the nearest known week's value. */
function fill(values: Float64Array, start: number | null, { week, gaps }: DayConstants, where: string): FilledDay[] {
  const isMissing = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 1 : 0));
  const missing = isMissing.reduce((total, one) => total + one, 0);
  if (missing === 0) return [];
  let run = 0;
  let longestRun = 0;
  for (const one of isMissing) longestRun = Math.max(longestRun, (run = one === 1 ? run + 1 : 0));
  if (longestRun > gaps.longest || missing > gaps.share * values.length) {
    throw new InputError(
      `Forecaster expects at most ${gaps.longest} missing days in a row and ${100 * gaps.share} % in all, ` +
        `got ${longestRun} in a row and ${missing} of ${values.length} days${where}; shorten the series or fill its gaps`,
    );
  }
  const filled: FilledDay[] = [];
  for (let index = 0; index < values.length; index++) {
    if (isMissing[index] === 0) continue;
    let before = index - week;
    while (before >= 0 && isMissing[before] === 1) before -= week;
    let after = index + week;
    while (after < values.length && isMissing[after] === 1) after += week;
    const isBefore = before >= 0;
    const isAfter = after < values.length;
    if (!isBefore && !isAfter)
      throw new InputError(`Forecaster expects each weekday at least once, got none of the day at index ${index}${where}`);
    const [left, right] = [values[before]!, values[after]!];
    values[index] = isBefore && isAfter ? left + (right - left) * ((index - before) / (after - before)) : isBefore ? left : right;
    filled.push({ index, value: values[index]!, ...(start === null ? {} : { date: dateOf(start + index) }) });
  }
  return filled;
}
