/** Tells how many likes, comments and shares to expect of a post: features are computed here, scaling and expm1 in the graph. */

import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { type PostConstants, type PostFeatures, postFeatures } from '../posts/features.js';
import { type Post, type ReadRequest, readPost } from '../posts/post.js';
import type { NamedTensors } from '../tensors.js';
import { sentimentScorer, type SentimentTables } from '../text/sentiment.js';

export type { Media, PastPost, Post, PostContent } from '../posts/post.js';

/** One number each for likes, comments and shares. */
export interface Reactions {
  readonly likes: number;
  readonly comments: number;
  readonly shares: number;
}

/** Against the page's last 20 posts: `above` from a quarter more on, `below` from a fifth less on. */
export type Outlook = 'below' | 'usual' | 'above';

/** The answer for one post: counts expected in the long run. */
export interface EngagementForecast extends Reactions {
  readonly outlook: { readonly [Target in keyof Reactions]: Outlook };
}

/** What one feature does to one post's prediction. */
export interface FeatureEffect {
  /** Name of the feature, as in the manifest. */
  readonly feature: string;
  /** The post's value, in the unit that the manifest states. */
  readonly value: number;
  /** The value put in its place: the median of the training posts. */
  readonly typical: number;
  /** By what factor the post's own value changes each expected count plus one: 1 = not at all. */
  readonly factor: Reactions;
}

/** What moves a prediction. */
export interface Explanation {
  readonly prediction: EngagementForecast;
  /** All features, the strongest effect on any count first. */
  readonly effects: readonly FeatureEffect[];
}

/** One hour of the week and what the post would get then. */
export interface HourForecast extends Reactions {
  /** 0 = Monday .. 6 = Sunday. */
  readonly weekday: number;
  /** 0 to 23, on the clock of the page's home. */
  readonly hour: number;
}

/** The engagement model of a suite. */
export interface Engagement {
  /** Judges one post. */
  predict(post: Post): Promise<EngagementForecast>;
  /** Judges many posts in one batch. */
  predict(posts: readonly Post[]): Promise<EngagementForecast[]>;
  /** What moves one post's prediction: each feature in turn takes its typical value, all in one batch. */
  explain(post: Post): Promise<Explanation>;
  /** All 168 hours of the week, the best first, by one kind of count; one batch. */
  bestHours(post: Post, options?: { readonly by?: keyof Reactions }): Promise<HourForecast[]>;
  /** The post's features by name, in the units that the manifest states. */
  describe(post: Post): Promise<Record<string, number>>;
  /** The named tensor that `predict` feeds: `features_raw` [batch, features]. */
  encode(posts: Post | readonly Post[]): Promise<NamedTensors>;
}

interface Preprocessing extends PostConstants {
  /** Median of each feature over the training posts. */
  readonly typical: readonly number[];
}

/** The model's data file. */
interface Tables {
  readonly sentiment: SentimentTables;
  /** Effects of a word on the log1p of likes, comments and shares. */
  readonly effects: Readonly<Record<string, readonly number[]>>;
}

const TARGETS = ['likes', 'comments', 'shares'] as const;
const HOUR = 3_600_000;
/** 1970-01-05, a Monday: its week stands for every week. */
const MONDAY = 4 * 24 * HOUR;

/** The engagement model's facade. */
export function engagement(model: ModelHandle): Engagement {
  let describing: Promise<PostFeatures> | undefined;
  const constants = (): Preprocessing => model.manifest.preprocessing as unknown as Preprocessing;
  const names = (): string[] => model.manifest.features.map(({ name }) => name);

  /** The tables of words arrive with the model; a failed download is tried again. */
  const features = (): Promise<PostFeatures> => {
    describing ??= model.data().then((bytes) => {
      const { sentiment, effects } = JSON.parse(new TextDecoder().decode(bytes)) as Tables;
      return postFeatures(constants(), sentimentScorer(sentiment), new Map(Object.entries(effects)));
    });
    describing.catch(() => (describing = undefined));
    return describing;
  };

  const read = (posts: unknown): ReadRequest[] =>
    Array.isArray(posts) ? posts.map((post, row) => readPost(post, constants(), `post ${row}`)) : [readPost(posts, constants(), 'post')];

  const run = async (rows: readonly (readonly number[])[]): Promise<EngagementForecast[]> => {
    const outputs = await model.run(tensorOf(rows));
    const { above, below } = model.manifest.thresholds;
    return rows.map((_, row) => {
      const counts = TARGETS.map((name) => outputs[name]!.data[row]!);
      const outlooks = TARGETS.map((_, at): Outlook => {
        const lift = outputs['lift']!.data[row * TARGETS.length + at]!;
        return lift >= above! ? 'above' : lift > below! ? 'usual' : 'below';
      });
      return { ...named(counts), outlook: named(outlooks) };
    });
  };

  const encode = async (posts: Post | readonly Post[]): Promise<NamedTensors> => {
    const requests = read(posts);
    const describe = await features();
    return tensorOf(requests.map((request) => describe(request)[0]!));
  };

  async function predict(post: Post): Promise<EngagementForecast>;
  async function predict(posts: readonly Post[]): Promise<EngagementForecast[]>;
  async function predict(posts: Post | readonly Post[]): Promise<EngagementForecast | EngagementForecast[]> {
    if (Array.isArray(posts) && posts.length === 0) return [];
    const requests = read(posts);
    const describe = await features();
    const answers = await run(requests.map((request) => describe(request)[0]!));
    return Array.isArray(posts) ? answers : answers[0]!;
  }

  const describe = async (post: Post): Promise<Record<string, number>> => {
    const [request] = read(post);
    const values = (await features())(request!)[0]!;
    return Object.fromEntries(names().map((name, at) => [name, values[at]!]));
  };

  const explain = async (post: Post): Promise<Explanation> => {
    const [request] = read(post);
    const own = (await features())(request!)[0]!;
    const { typical } = constants();
    const without = own.map((_, left) => own.map((value, at) => (at === left ? typical[at]! : value)));
    const [prediction, ...others] = await run([own, ...without]);
    const effects = names().map((feature, at): FeatureEffect => {
      const factors = TARGETS.map((name) => (1 + prediction![name]) / (1 + others[at]![name]));
      return { feature, value: own[at]!, typical: typical[at]!, factor: named(factors) };
    });
    return { prediction: prediction!, effects: effects.sort((one, other) => strength(other) - strength(one)) };
  };

  const bestHours = async (post: Post, { by = 'likes' }: { readonly by?: keyof Reactions } = {}): Promise<HourForecast[]> => {
    if (!TARGETS.includes(by)) throw new InputError(`engagement: by expects one of ${TARGETS.join(', ')}, got ${JSON.stringify(by)}`);
    const [request] = read(post);
    const hours = Array.from({ length: 7 * 24 }, (_, hour) => hour);
    const rows = (await features())(request!, hours.map((hour) => MONDAY + hour * HOUR));
    const answers = await run(rows);
    const grid = hours.map((hour): HourForecast => {
      const { likes, comments, shares } = answers[hour]!;
      return { weekday: Math.floor(hour / 24), hour: hour % 24, likes, comments, shares };
    });
    return grid.sort((one, other) => other[by] - one[by]);
  };

  return { predict, explain, bestHours, describe, encode };
}

function tensorOf(rows: readonly (readonly number[])[]): NamedTensors {
  return { features_raw: { shape: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) } };
}

function named<Value>([likes, comments, shares]: readonly Value[]): { likes: Value; comments: Value; shares: Value } {
  return { likes: likes!, comments: comments!, shares: shares! };
}

function strength({ factor }: FeatureEffect): number {
  return Math.max(...TARGETS.map((name) => Math.abs(Math.log(factor[name]))));
}
