import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type ActivityEvent, activityFeatures, type ActivityRules, dayOf, problemsOfEvents } from '../src/activity.js';

const rules: ActivityRules = {
  kinds: { login: ['login'], session: ['session'], purchase: ['purchase'], support: ['ticket'] },
  recentDays: 30,
  windowDays: 90,
  weeks: 12,
  decimals: 6,
};
const AS_OF = dayOf('2024-06-30')!;
const daysBefore = (age: number): string => new Date((AS_OF - age) * 86_400_000).toISOString().slice(0, 10);
const event = (age: number, name: string, amount?: number): ActivityEvent => ({ user: 'a', time: daysBefore(age), event: name, amount });
const features = (...events: ActivityEvent[]): Record<string, number> => activityFeatures(events, AS_OF, rules)[0]!.features;

describe('dayOf', () => {
  it('is the UTC day, whatever the offset', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-02T00:00Z'), max: new Date('9999-12-30T00:00Z'), noInvalidDate: true }),
        fc.integer({ min: -1439, max: 1439 }),
        (date, offset) => {
          const two = (value: number): string => String(value).padStart(2, '0');
          const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
          expect(dayOf(shifted + zone)).toBe(Math.floor(date.getTime() / 86_400_000));
          expect(dayOf(date)).toBe(Math.floor(date.getTime() / 86_400_000));
        },
      ),
    );
  });

  it.each(['2024-02-30', '2024-13-01', '2024-1-1', '2024-01-01T24:00', '2024-01-01T10', 'soon', '', new Date(NaN), 5, null, undefined])(
    'is null for %s',
    (time) => expect(dayOf(time)).toBeNull(),
  );
});

describe('activityFeatures', () => {
  it('says little of one event', () => {
    expect(activityFeatures([event(10, 'login')], AS_OF, rules)).toEqual([
      {
        user: 'a',
        active: true,
        features: {
          days_since_last_login: 10,
          login_frequency_30d: 1,
          total_revenue_generated: 0,
          feature_usage_diversity: 0,
          session_duration_trend: 0,
          support_tickets_count: 0,
          account_tenure_days: 10,
          usage_trend_slope: 0,
          engagement_declining: 0,
          inactivity_ratio: 1 - 1 / 11,
          revenue_trend: 0,
          support_intensity: 0,
        },
      },
    ]);
  });

  it('ignores later events, and users who have no other', () => {
    const later: ActivityEvent = { user: 'b', time: daysBefore(-1), event: 'login' };
    expect(activityFeatures([later, event(-1, 'purchase', 9), event(3, 'login')], AS_OF, rules)).toEqual(
      activityFeatures([event(3, 'login')], AS_OF, rules),
    );
    expect(activityFeatures([later], AS_OF, rules)).toEqual([]);
  });

  it('does not depend on the order of the log', () => {
    const one = fc.tuple(
      fc.integer({ min: -20, max: 200 }),
      fc.constantFrom('login', 'session', 'purchase', 'ticket', 'play', '🎧'),
      fc.option(fc.integer({ min: -9999, max: 9999 }).map((cents) => cents / 100), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (listed) => {
        const events = listed.map(([age, name, amount]) => event(age, name, amount));
        expect(activityFeatures([...events].reverse(), AS_OF, rules)).toEqual(activityFeatures(events, AS_OF, rules));
      }),
    );
  });

  it('compares money and durations with the two months before', () => {
    const row = features(event(1, 'purchase', 30), event(40, 'purchase', 20), event(2, 'session', 30), event(2, 'session'), event(50, 'session', 10));
    expect(row).toMatchObject({ total_revenue_generated: 50, revenue_trend: 0.5, session_duration_trend: 0.5 });
    expect(features(event(1, 'purchase', 0.1), event(1, 'purchase', 0.2), event(1, 'purchase', -0.3))).toMatchObject({ revenue_trend: 0 });
  });

  it('takes names that objects have of their own for names', () => {
    const odd = activityFeatures([{ user: '__proto__', time: daysBefore(1), event: 'constructor' }], AS_OF, rules);
    expect(odd[0]).toMatchObject({ user: '__proto__', features: { feature_usage_diversity: 1 } });
  });
});

describe('problemsOfEvents', () => {
  it('finds nothing wrong with events as products log them', () => {
    expect(problemsOfEvents([event(1, 'login'), { user: 7, time: new Date(), event: 'été', amount: null }])).toEqual([]);
  });

  it.each([
    [undefined, 'expected a list of events, got undefined'],
    [[], 'expected one event at least, got none'],
    [[7], 'event 0: expected { user, time, event, amount }, got 7'],
    [[event(1, 'login'), { ...event(1, 'login'), user: NaN }], 'event 1: "user" expects a name or a number, got NaN'],
    [[{ ...event(1, ' ') }], 'event 0: "event" expects a name, got " "'],
    [[{ ...event(1, 'login'), amount: Infinity }], 'event 0: "amount" expects a finite number or none, got Infinity'],
  ])('names what is wrong, case %#', (events, problem) => {
    expect(problemsOfEvents(events)).toEqual([problem]);
  });
});
