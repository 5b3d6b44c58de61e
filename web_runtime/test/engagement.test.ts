import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { engagement, type Post } from '../src/models/engagement.js';
import { sentimentScorer } from '../src/text/sentiment.js';
import { fakeModel } from './fake.js';

const tables = {
  words: { good: 1.9, great: 3.1, bad: -2.5, no: -1.2 },
  emoji: { '😍': 'good face' },
  boosters: { very: 0.293, 'kind of': -0.293 },
  idioms: { 'bad ass': 1.5 },
  negations: ['not'],
  capitals: 0.733,
  negation: -0.74,
};
const effects = { great: [0.5, 0.25, -0.5], '=album': [0.1, 0.2, 0.3] };
const targets = ['likes', 'comments', 'shares'];
const textNames = ['post_length', 'sentiment_score', 'sentiment_polarity', 'hashtag_count', 'emoji_count', 'link_count', 'exclamation_count', 'question_count', 'text_complexity'];
const perTarget = ['average_30d', 'average_last_5', 'average_last_20', 'average_last_100', 'median_last_20', 'spread_last_20', 'trend', 'of_media', 'of_hour', 'of_weekday', 'of_title', 'of_words'];
const names = [
  ...textNames,
  ...['hour_of_day', 'day_of_week', 'media_present', 'is_link', 'is_photo', 'is_video', 'is_event', 'title_length', 'title_posts', 'follower_count', 'account_age_days'],
  ...['time_since_last_post', 'posting_frequency', 'history_posts', 'history_days', 'trending_hashtags_used', 'media_share'],
  ...perTarget.flatMap((name) => targets.map((target) => `${target}_${name}`)),
  ...['comment_rate_30d', 'share_rate_30d'],
  ...targets.map((target) => `${target}_wording`),
];
const manifest = {
  features: names.map((name) => ({ name })),
  thresholds: { above: 0.2, below: -0.2 },
  preprocessing: {
    media: ['none', 'link', 'photo', 'video', 'event'],
    targets,
    settledHours: 48,
    monthDays: 30,
    trendUses: 2,
    draw: { page: 1, last: 1, media: 2, title: 2, word: 4, hour: 8, weekday: 8 },
    prior: [3, 2, 1],
    typical: names.map(() => 0),
    largest: 1e12,
    patterns: { hashtag: '#(\\S+)', emoji: '[😍🎵]', link: 'https?:\\/\\/\\S+', word: '[^\\s.!?]+', sentence: '[.!?]+', exclamation: '!', question: '[?]' },
  },
};

/** A model that expects as many likes as the hour, a comment per "!", a share per hashtag; all less than usual by 1, 0 and more by 1. */
const model = fakeModel(
  'engagement',
  manifest,
  ({ features_raw }) => {
    const rows = features_raw!.shape[0]!;
    const column = (name: string) => Float32Array.from({ length: rows }, (_, row) => features_raw!.data[row * names.length + names.indexOf(name)]!);
    const tensor = (data: Float32Array) => ({ shape: [rows, data.length / rows], data });
    const lift = Float32Array.from({ length: 3 * rows }, (_, at) => (at % 3) - 1);
    return {
      likes: tensor(column('hour_of_day')),
      comments: tensor(column('exclamation_count')),
      shares: tensor(column('hashtag_count')),
      lift: tensor(lift),
    };
  },
  new TextEncoder().encode(JSON.stringify({ sentiment: tables, effects })),
);
const suite = engagement(model);
const past = { text: 'good #tour', publishedAt: '2024-05-01T10:00', media: 'photo', likes: 9, comments: 2, shares: 0 } as const;
const post: Post = { text: 'great! #tour', publishedAt: '2024-05-10T18:30:00', media: 'photo', history: [past, { ...past, publishedAt: '2024-05-02T12:00:00' }] };

describe('engagement', () => {
  it('answers one post with one answer, and a list with a list', async () => {
    const answer = { likes: 18, comments: 1, shares: 1, outlook: { likes: 'below', comments: 'usual', shares: 'above' } };
    expect(await suite.predict(post)).toEqual(answer);
    expect(await suite.predict([post, { ...post, text: '' }])).toEqual([answer, { ...answer, comments: 0, shares: 0 }]);
    expect(await suite.predict([])).toEqual([]);
  });

  it('describes a post by all features of the manifest', async () => {
    const features = await suite.describe(post);
    expect(Object.keys(features)).toEqual(names);
    expect(features).toMatchObject({ post_length: 12, hashtag_count: 1, hour_of_day: 18, day_of_week: 4, media_present: 1, is_photo: 1, follower_count: -1 });
    expect(features).toMatchObject({ history_posts: 2, trending_hashtags_used: 1, time_since_last_post: 8 * 24 + 6.5 });
    const monthly = (2 * Math.log(10) + (2 * Math.log(10) + 3) / 3) / 3;
    expect(features['likes_average_30d']).toBeCloseTo(monthly, 12);
  });

  it('adds the effects of known words, of text and title apart, over the root of their number', async () => {
    const features = await suite.describe({ ...post, title: 'great Album' });
    expect(features['likes_wording']).toBeCloseTo(0.6 / Math.SQRT2, 12);
    expect(features['shares_wording']).toBeCloseTo(-0.2 / Math.SQRT2, 12);
    expect(await suite.describe({ ...post, text: 'constructor __proto__' })).toMatchObject({ likes_wording: 0, comments_wording: 0, shares_wording: 0 });
  });

  it('does not look at posts that are younger than 48 hours', async () => {
    const young = { ...past, publishedAt: '2024-05-08T18:30:01', likes: 1_000_000 };
    expect(await suite.describe({ ...post, history: [...post.history, young] })).toEqual(await suite.describe(post));
    const settled = { ...young, publishedAt: '2024-05-08T18:30:00' };
    expect((await suite.describe({ ...post, history: [...post.history, settled] }))['history_posts']).toBe(3);
  });

  it('does not depend on the order of the history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ hour: fc.integer({ min: 0, max: 5000 }), likes: fc.nat(1e6) }), { minLength: 1, maxLength: 30 }), async (drawn) => {
        const history = [...new Map(drawn.map((one) => [one.hour, one])).values()].map(({ hour, likes }) => ({
          ...past,
          likes,
          publishedAt: new Date(Date.UTC(2023, 9) + hour * 3_600_000).toISOString().slice(0, 19),
        }));
        const [one, other] = await Promise.all([suite.describe({ ...post, history }), suite.describe({ ...post, history: [...history].reverse() })]);
        expect(Object.values(one!).every(Number.isFinite)).toBe(true);
        expect(other).toEqual(one);
      }),
      { numRuns: 30 },
    );
  });

  it('reads a Date on the local clock', async () => {
    const features = await suite.describe({ ...post, publishedAt: new Date(2024, 4, 10, 18, 30) });
    expect(features).toEqual(await suite.describe(post));
  });

  it('explains a prediction by putting the typical value in place of each feature', async () => {
    const { prediction, effects } = await suite.explain(post);
    expect(prediction.likes).toBe(18);
    expect(effects).toHaveLength(names.length);
    expect(effects[0]).toEqual({ feature: 'hour_of_day', value: 18, typical: 0, factor: { likes: 19, comments: 1, shares: 1 } });
    expect(effects.slice(1, 3).map(({ feature }) => feature).sort()).toEqual(['exclamation_count', 'hashtag_count']);
    expect(effects[3]!.factor).toEqual({ likes: 1, comments: 1, shares: 1 });
  });

  it('finds the best of all hours of the week', async () => {
    const hours = await suite.bestHours(post);
    expect(hours).toHaveLength(168);
    expect(hours[0]).toMatchObject({ hour: 23, likes: 23 });
    expect(hours.at(-1)).toMatchObject({ hour: 0, likes: 0 });
    expect(new Set(hours.map(({ weekday, hour }) => weekday * 24 + hour)).size).toBe(168);
    await expect(suite.bestHours(post, { by: 'views' as never })).rejects.toThrow('engagement: by expects one of likes, comments, shares, got "views"');
  });

  it.each([
    [{ ...post, text: 7 }, 'engagement: post: text expects a string, got 7'],
    [{ ...post, media: 'film' }, 'engagement: post: media expects one of none, link, photo, video, event, got "film"'],
    [{ ...post, publishedAt: '2024-05-10T18:30:00Z' }, 'post: publishedAt expects a local date-time as YYYY-MM-DDTHH:MM:SS, without a zone, got "2024-05-10T18:30:00Z"'],
    [{ ...post, publishedAt: '2024-02-30T18:30:00' }, 'post: publishedAt expects a local date-time'],
    [{ ...post, publishedAt: new Date(NaN) }, 'post: publishedAt expects a local date-time'],
    [{ ...post, history: undefined }, 'engagement: post: history is missing'],
    [{ ...post, history: {} }, 'engagement: post: history expects a list of posts'],
    [{ ...post, history: [past, { ...past, likes: NaN }] }, 'engagement: post: history[1]: likes expects a number from 0 to 1000000000000, got NaN'],
    [{ ...post, history: [{ ...past, shares: 1.5 }] }, 'engagement: post: history[0]: shares expects a whole number, got 1.5'],
    [{ ...post, history: [null] }, 'engagement: post: history[0] expects an object, got null'],
    [{ ...post, followerCount: '12' }, 'engagement: post: followerCount expects a number from 0 to 1000000000000, got "12"'],
    [[post, '12'], 'engagement: post 1 expects an object, got "12"'],
    [undefined, 'engagement: post expects an object, got undefined'],
  ])('refuses a bad post by what is wrong, case %#', async (bad, message) => {
    const failure = suite.predict(bad as never);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
  });
});

describe('sentiment', () => {
  const score = sentimentScorer(tables);
  const normal = (sum: number): number => Number((sum / Math.sqrt(sum * sum + 15)).toFixed(4));

  it.each([
    ['', 0],
    ['a table', 0],
    ['good', normal(1.9)],
    ['a very good day', normal(1.9 + 0.293)],
    ['not good', normal(1.9 * -0.74)],
    ['GOOD day', normal(1.9 + 0.733)],
    ['good!!', normal(1.9 + 2 * 0.292)],
    ['bad but good', normal(-2.5 * 0.5 + 1.9 * 1.5)],
    ['day😍', normal(1.9)],
    ['what a truly bad ass', normal(1.5)],
  ])('scores %j as the rules say', (text, expected) => {
    expect(score(text)).toBe(expected);
  });

  it('scores any text from -1 to 1', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => Math.abs(score(text)) <= 1));
  });
});
