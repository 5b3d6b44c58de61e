/**
 * What a customer's event log says of them as of a day: the twin of `datasets/activity.py`, which defines each feature. Days are UTC
 * days; the as-of day counts to its end, and nothing after it is looked at. Names of event kinds and lengths of windows come from the
 * manifest.
 */

import type { Customer } from './customers.js';

/** One event of a log; the same event twice counts twice, and the order of a log means nothing. */
export interface ActivityEvent {
  /** Who; numbers count as their text. */
  readonly user: string | number;
  /** When: a Date, a date `YYYY-MM-DD`, or an ISO time such as `2026-03-01T18:30:00Z`; UTC unless it states an offset. */
  readonly time: string | Date;
  /** What: a name that the manifest lists under a kind, or else the feature that was used. */
  readonly event: string;
  /** Money of a purchase, or duration of a session, in the units that the model was trained with; not counted for other kinds. */
  readonly amount?: number | null | undefined;
}

/** Event names of each kind. */
export interface EventKinds {
  readonly login: readonly string[];
  readonly session: readonly string[];
  readonly purchase: readonly string[];
  readonly support: readonly string[];
}

/** What the manifest says of the features: names of kinds, lengths in days and weeks, decimals that sums of amounts are rounded to. */
export interface ActivityRules {
  readonly kinds: EventKinds;
  readonly recentDays: number;
  readonly windowDays: number;
  readonly weeks: number;
  readonly decimals: number;
}

/** What the log says of one user. */
export interface UserActivity {
  readonly user: string;
  /** Whether there was an event other than support in the window (90 days); the model learned from such users only. */
  readonly active: boolean;
  /** Feature name -> value. */
  readonly features: Customer;
}

const DAY_MS = 86_400_000;
const WEEK = 7;
const TIME =
  /^([1-9][0-9]{3})-([0-9]{2})-([0-9]{2})(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?)?$/;

/** Days from 1970-01-01 to the UTC day of a time, or null where it is none. */
export function dayOf(time: unknown): number | null {
  if (time instanceof Date) return Number.isNaN(time.getTime()) ? null : Math.floor(time.getTime() / DAY_MS);
  const parts = typeof time === 'string' ? TIME.exec(time.trim()) : null;
  if (parts === null) return null;
  const [year, month, day, hours, minutes] = parts.slice(1, 6).map((part) => Number(part ?? 0)) as [number, number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = parts[6] === undefined ? 0 : (parts[6] === '+' ? 1 : -1) * (60 * Number(parts[7]) + Number(parts[8]));
  return Math.floor((date.getTime() + (60 * hours + minutes - offset) * 60_000) / DAY_MS);
}

/** What is wrong with events, in the order of the log: one sentence each, none where all is well. */
export function problemsOfEvents(events: unknown): string[] {
  if (!Array.isArray(events)) return [`expected a list of events, got ${events === null ? 'null' : typeof events}`];
  if (events.length === 0) return ['expected one event at least, got none'];
  return events.flatMap((event: unknown, index) => problemsOf(event).map((problem) => `event ${index}: ${problem}`));
}

/**
 * The features of every user who has an event by a day, in the order of their first such event in the log.
 *
 * @param events - A log that {@link problemsOfEvents} found nothing wrong with.
 * @param asOf - The as-of day: days since 1970-01-01.
 */
export function activityFeatures(events: readonly ActivityEvent[], asOf: number, rules: ActivityRules): UserActivity[] {
  const kindOf = new Map<string, keyof EventKinds>();
  for (const kind of ['login', 'session', 'purchase', 'support'] as const) for (const name of rules.kinds[kind]) kindOf.set(name, kind);
  const users = new Map<string, Sums>();
  for (const { user, time, event, amount } of events) {
    const age = asOf - dayOf(time)!;
    if (age < 0) continue;
    const name = String(user).trim();
    let sums = users.get(name);
    if (sums === undefined) users.set(name, (sums = new Sums(rules)));
    sums.add(age, event.trim(), kindOf.get(event.trim()), amount ?? null);
  }
  return Array.from(users, ([user, sums]) => ({ user, active: sums.isActive(), features: sums.features() }));
}

/** What is summed up of one user's events; an age is how many days before the as-of day an event lies. */
class Sums {
  private tenure = 0;
  private readonly activeAges = new Set<number>();
  private readonly used = new Set<string>();
  private readonly weekly: number[];
  private readonly revenue = { all: 0, recent: 0, before: 0 };
  private readonly tickets = { all: 0, window: 0 };
  private readonly duration = { recent: 0, recentCount: 0, before: 0, beforeCount: 0 };

  constructor(private readonly rules: ActivityRules) {
    this.weekly = new Array<number>(rules.weeks).fill(0);
  }

  add(age: number, name: string, kind: keyof EventKinds | undefined, amount: number | null): void {
    const { recentDays, windowDays } = this.rules;
    const isWindow = age < windowDays;
    const part = age < recentDays ? 'recent' : 'before';
    this.tenure = Math.max(this.tenure, age);
    if (kind === 'support') {
      this.tickets.all += 1;
      if (isWindow) this.tickets.window += 1;
      return;
    }
    this.activeAges.add(age);
    const week = Math.floor(age / WEEK);
    if (week < this.weekly.length) this.weekly[week]! += 1;
    if (isWindow && kind !== 'login' && kind !== 'session') this.used.add(name);
    if (amount === null) return;
    if (kind === 'purchase') {
      this.revenue.all += amount;
      if (isWindow) this.revenue[part] += amount;
    }
    if (kind === 'session' && isWindow) {
      this.duration[part] += amount;
      this.duration[`${part}Count`] += 1;
    }
  }

  isActive(): boolean {
    return this.lastAge() < this.rules.windowDays;
  }

  features(): Record<string, number> {
    const { recentDays, windowDays } = this.rules;
    const { tenure, revenue, tickets, duration } = this;
    const ages = [...this.activeAges];
    const recent = ages.filter((age) => age < recentDays).length;
    const before = ages.filter((age) => age < windowDays).length - recent;
    return {
      days_since_last_login: Math.min(this.lastAge(), tenure),
      login_frequency_30d: recent,
      total_revenue_generated: this.rounded(revenue.all),
      feature_usage_diversity: this.used.size,
      session_duration_trend: relativeChange(
        this.rounded(duration.recent) / duration.recentCount,
        this.rounded(duration.before) / duration.beforeCount,
      ),
      support_tickets_count: tickets.all,
      account_tenure_days: tenure,
      usage_trend_slope: this.slope(),
      engagement_declining: 2 * recent < before ? 1 : 0,
      inactivity_ratio: 1 - ages.length / (tenure + 1),
      revenue_trend: relativeChange(this.rounded(revenue.recent), this.rounded(revenue.before) / 2),
      support_intensity: tickets.window / Math.max(recent + before, 1),
    };
  }

  /** Infinite where there was no active day. */
  private lastAge(): number {
    let last = Infinity;
    for (const age of this.activeAges) last = Math.min(last, age);
    return last;
  }

  /** Least squares over the whole weeks of the account, the newest first: ages count backwards. */
  private slope(): number {
    const weeks = Math.min(Math.floor((this.tenure + 1) / WEEK), this.rules.weeks);
    if (weeks < 2) return 0;
    let total = 0;
    let moment = 0;
    for (let week = 0; week < weeks; week++) {
      total += this.weekly[week]!;
      moment += week * this.weekly[week]!;
    }
    return (((weeks - 1) / 2) * total - moment) / ((weeks * (weeks * weeks - 1)) / 12);
  }

  /** Sums rounded so that the order in which amounts were added leaves no trace. */
  private rounded(sum: number): number {
    const unit = 10 ** this.rules.decimals;
    return Math.round(sum * unit) / unit;
  }
}

/** From -1 to 1 for amounts of one sign; 0 where there is nothing to compare. */
function relativeChange(recent: number, before: number): number {
  const change = (recent - before) / (Math.abs(recent) + Math.abs(before));
  return Number.isFinite(change) ? change : 0;
}

function problemsOf(event: unknown): string[] {
  if (typeof event !== 'object' || event === null) return [`expected { user, time, event, amount }, got ${shown(event)}`];
  const { user, time, event: name, amount } = event as Record<string, unknown>;
  const problems: string[] = [];
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
  if (!isText(user) && !Number.isFinite(user)) problems.push(`"user" expects a name or a number, got ${shown(user)}`);
  if (dayOf(time) === null) problems.push(`"time" expects a Date or an ISO time such as 2026-03-01T18:30:00Z, got ${shown(time)}`);
  if (!isText(name)) problems.push(`"event" expects a name, got ${shown(name)}`);
  const isAmount = amount === undefined || amount === null || (typeof amount === 'number' && Number.isFinite(amount));
  if (!isAmount) problems.push(`"amount" expects a finite number or none, got ${shown(amount)}`);
  return problems;
}

/** A value as an error names it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
