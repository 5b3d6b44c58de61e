import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { churn_activity } from '../src/models/churn_activity.js';
import { fakeModel } from './fake.js';

const names = [
  'days_since_last_login',
  'login_frequency_30d',
  'total_revenue_generated',
  'feature_usage_diversity',
  'session_duration_trend',
  'support_tickets_count',
  'account_tenure_days',
  'usage_trend_slope',
  'engagement_declining',
  'inactivity_ratio',
  'revenue_trend',
  'support_intensity',
];
const manifest = {
  features: names.map((name) => ({ name })),
  thresholds: { churn: 0.5, medium: 0.3, high: 0.7 },
  preprocessing: {
    kinds: { login: ['login'], session: ['session'], purchase: ['purchase'], support: ['ticket'] },
    recentDays: 30,
    windowDays: 90,
    weeks: 12,
    decimals: 6,
  },
};
/** A model whose probability grows with the days since the last login. */
const model = churn_activity(
  fakeModel('churn_activity', manifest, ({ features_raw }) => {
    const { shape, data } = features_raw!;
    return { probability: { shape: [shape[0]!, 1], data: Float32Array.from({ length: shape[0]! }, (_, row) => data[row * names.length]! / 128) } };
  }),
);
const login = { user: 'ann', time: '2024-06-01', event: 'login' };

describe('churn_activity', () => {
  it('judges each user of a log, in the order of the log', async () => {
    const log = [login, { ...login, user: 'bob', time: '2024-02-22T10:00Z' }, { ...login, time: new Date('2024-06-28T12:00:00Z') }];
    const answers = await model.fromEvents(log, { asOf: '2024-06-29' });
    expect(answers).toMatchObject([
      { user: 'ann', active: true, probability: 1 / 128, churned: false, risk: 'low', features: { login_frequency_30d: 2 } },
      { user: 'bob', active: false, probability: 1, churned: true, risk: 'high', features: { days_since_last_login: 128 } },
    ]);
    expect(await model.predict(answers.map(({ features }) => features))).toEqual(
      answers.map(({ probability, churned, risk }) => ({ probability, churned, risk })),
    );
  });

  it("takes the log's own names of kinds", async () => {
    const log = [{ ...login, event: 'checkout', amount: 12 }];
    const [answer] = await model.fromEvents(log, { asOf: '2024-06-29', kinds: { purchase: ['checkout'] } });
    expect(answer!.features['total_revenue_generated']).toBe(12);
  });

  it.each([
    [[login], { asOf: 'soon' }, 'churn_activity: "asOf" expects a Date or a date such as 2026-03-01, got "soon"'],
    [[login], undefined, 'churn_activity: "asOf" expects a Date or a date such as 2026-03-01, got undefined'],
    [[], { asOf: '2024-06-29' }, 'churn_activity: expected one event at least, got none'],
    [[login], { asOf: '2024-05-31' }, 'churn_activity: expected an event by the as-of day, got 1 after it'],
    [[{ ...login, time: 'x' }], { asOf: '2024-06-29' }, 'churn_activity: event 0: "time" expects'],
    [[login], { asOf: '2024-06-29', kinds: { buy: [] } }, 'churn_activity: unknown kind "buy"; expected some of login, session, purchase, support'],
    [[login], { asOf: '2024-06-29', kinds: { support: ['login'] } }, 'churn_activity: event name "login" is both login and support'],
    [[login], { asOf: '2024-06-29', kinds: { support: 'ticket' } }, 'churn_activity: kind "support" expects a list of event names, got "ticket"'],
  ])('refuses what it can not read by name, case %#', async (events, options, message) => {
    const failure = model.fromEvents(events as never, options as never);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
  });

  it('names only the first problems of a long log', async () => {
    const log = Array.from({ length: 1000 }, () => ({ ...login, event: '' }));
    await expect(model.fromEvents(log, { asOf: '2024-06-29' })).rejects.toThrow(/event 4: .*; and 995 more$/);
  });

  it('refuses features by their names, in the words of the model', async () => {
    await expect(model.predict({ tenure: 1 })).rejects.toThrow('churn_activity: unknown feature "tenure"; expected one of days_since_last_login');
  });
});
