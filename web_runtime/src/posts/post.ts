/** What a caller says of a post, checked: every problem is an error that names the field, what was expected and what came. */

import { InputError } from '../errors.js';

/** What is attached to a post. */
export type Media = 'none' | 'link' | 'photo' | 'video' | 'event';

/** A post as it is written, before anyone saw it. */
export interface PostContent {
  /** Its text; may be empty. */
  readonly text: string;
  /**
   * When it goes out, on the clock of the page's home: `YYYY-MM-DDTHH:MM[:SS]` without a zone. A `Date` is read on the local clock of
   * whoever runs this. The shipped model was trained on US Eastern times.
   */
  readonly publishedAt: string | Date;
  /** What is attached. */
  readonly media: Media;
  /** Title of the attached link, video or album. */
  readonly title?: string;
}

/** An earlier post of the page and what became of it. */
export interface PastPost extends PostContent {
  readonly likes: number;
  readonly comments: number;
  readonly shares: number;
}

/** A post to be judged. */
export interface Post extends PostContent {
  /** Earlier posts of the page in any order; those younger than 48 hours before the post are ignored, since their counts still grow. */
  readonly history: readonly PastPost[];
  /** Followers of the page; used by models whose training data had it. */
  readonly followerCount?: number;
  /** When the account was created, like `publishedAt`; used by models whose training data had it. */
  readonly accountCreatedAt?: string | Date;
}

/** A post in numbers and texts. */
export interface ReadPost {
  readonly text: string;
  readonly title: string;
  /** Milliseconds of the local clock, as if it were UTC. */
  readonly at: number;
  /** Index into the manifest's media. */
  readonly media: number;
  /** Likes, comments and shares; zeros for a post to be judged. */
  readonly counts: readonly number[];
}

/** A post to be judged with its history in order. */
export interface ReadRequest extends ReadPost {
  /** Oldest first. */
  readonly history: readonly ReadPost[];
  /** NaN where not known. */
  readonly followers: number;
  /** Milliseconds like `at`; NaN where not known. */
  readonly created: number;
}

/** What the manifest says about posts. */
export interface PostRules {
  readonly media: readonly string[];
  readonly targets: readonly string[];
  /** Largest count allowed. */
  readonly largest: number;
}

const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{3})?)?$/;
const FIRST_MOMENT = Date.UTC(1990, 0);
const LAST_MOMENT = Date.UTC(2100, 0);

/**
 * Checks a post and its history.
 *
 * @param where - How errors call the post.
 * @throws {@link InputError} at the first field that does not fit.
 */
export function readPost(post: unknown, rules: PostRules, where: string): ReadRequest {
  const fields = objectOf(post, where);
  const history = fieldOf(fields, 'history', where);
  if (!Array.isArray(history)) throw fail(`${where}: history expects a list of posts`, history);
  const earlier = history.map((each: unknown, place) => readPast(each, rules, `${where}: history[${place}]`));
  return {
    ...readContent(fields, rules, where),
    counts: rules.targets.map(() => 0),
    history: earlier.sort((one, other) => one.at - other.at),
    followers: fields['followerCount'] === undefined ? NaN : numberOf(fields['followerCount'], rules, `${where}: followerCount`),
    created: fields['accountCreatedAt'] === undefined ? NaN : momentOf(fields['accountCreatedAt'], `${where}: accountCreatedAt`),
  };
}

function readPast(post: unknown, rules: PostRules, where: string): ReadPost {
  const fields = objectOf(post, where);
  const counts = rules.targets.map((name) => {
    const count = numberOf(fieldOf(fields, name, where), rules, `${where}: ${name}`);
    if (!Number.isInteger(count)) throw fail(`${where}: ${name} expects a whole number`, count);
    return count;
  });
  return { ...readContent(fields, rules, where), counts };
}

function readContent(fields: Readonly<Record<string, unknown>>, rules: PostRules, where: string): Omit<ReadPost, 'counts'> {
  const media = rules.media.indexOf(fieldOf(fields, 'media', where) as string);
  if (media < 0) throw fail(`${where}: media expects one of ${rules.media.join(', ')}`, fields['media']);
  const text = fieldOf(fields, 'text', where);
  if (typeof text !== 'string') throw fail(`${where}: text expects a string`, text);
  const title = fields['title'] ?? '';
  if (typeof title !== 'string') throw fail(`${where}: title expects a string`, title);
  return { text, title, media, at: momentOf(fieldOf(fields, 'publishedAt', where), `${where}: publishedAt`) };
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail(`${where} expects an object`, value);
  return value as Readonly<Record<string, unknown>>;
}

function fieldOf(fields: Readonly<Record<string, unknown>>, name: string, where: string): unknown {
  if (fields[name] === undefined) throw fail(`${where}: ${name} is missing; the post has`, Object.keys(fields).join(', '));
  return fields[name];
}

function numberOf(value: unknown, { largest }: PostRules, where: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= largest)) throw fail(`${where} expects a number from 0 to ${largest}`, value);
  return value;
}

function momentOf(value: unknown, where: string): number {
  const moment = value instanceof Date ? localClock(value) : typeof value === 'string' && LOCAL_TIME.test(value) ? Date.parse(`${value}Z`) : NaN;
  // A day that the month lacks moves to the next month in some engines, and is refused in others.
  const isReal = moment >= FIRST_MOMENT && moment < LAST_MOMENT && (value instanceof Date || new Date(moment).toISOString().startsWith((value as string).slice(0, 16)));
  if (!isReal) throw fail(`${where} expects a local date-time as YYYY-MM-DDTHH:MM:SS, without a zone`, value);
  return moment;
}

function localClock(date: Date): number {
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds());
}

function fail(expected: string, got: unknown): InputError {
  return new InputError(`engagement: ${expected}, got ${typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : String(got)}`);
}
