/** Turns a post and its page's history into the numbers that the engagement model reads: the twin of `datasets/post_features.py`. */

import { characters, type PatternSources, textScanner, type TextScanner } from '../text/patterns.js';
import type { SentimentScorer } from '../text/sentiment.js';
import type { PostRules, ReadPost, ReadRequest } from './post.js';

/** Constants of the manifest's `preprocessing`. */
export interface PostConstants extends PostRules {
  readonly patterns: PatternSources;
  /** Posts younger than this, in hours, are not part of the history. */
  readonly settledHours: number;
  /** Length of a month in days. */
  readonly monthDays: number;
  /** So many posts of the month make a hashtag trend. */
  readonly trendUses: number;
  /** Posts that the broader average counts for, by what is averaged. */
  readonly draw: Readonly<Record<'page' | 'last' | 'media' | 'title' | 'word' | 'hour' | 'weekday', number>>;
  /** Usual log1p of likes, comments and shares, for a page without history. */
  readonly prior: readonly number[];
}

/**
 * Features of a post in the manifest's order, one row for each moment at which it might go out. Its history is that of the post's own
 * moment in all rows: only hour, weekday and what the page reached then differ.
 */
export type PostFeatures = (post: ReadRequest, moments?: readonly number[]) => number[][];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UNKNOWN = -1;
const POLAR = 0.05;
/** How many posts the averages over the last posts take, and how many the median takes. */
const LAST = [5, 20, 100] as const;
const RECENT = 20;

/** A settled post of the history. */
interface Settled extends ReadPost {
  /** log1p of its counts. */
  readonly logs: readonly number[];
}

/** What a word, or that of a title behind an equals sign, does to the log1p of likes, comments and shares on any page. */
export type WordEffects = ReadonlyMap<string, readonly number[]>;

/** Makes the function that describes posts. */
export function postFeatures(constants: PostConstants, sentiment: SentimentScorer, effects: WordEffects): PostFeatures {
  const { draw, media, targets } = constants;
  const scanner = textScanner(constants.patterns);

  const drawn = (posts: readonly Settled[], toward: readonly number[], kind: keyof typeof draw): number[] =>
    toward.map((broader, target) => (sumOf(posts, target) + draw[kind] * broader) / (posts.length + draw[kind]));

  /** What posts that share words with this one got beyond `toward`: each word's posts drawn toward no difference, then added. */
  const ofWords = (own: readonly string[], settled: readonly Settled[], toward: readonly number[]): number[] => {
    const tallies = new Map(own.map((word) => [word, { posts: 0, sums: targets.map(() => 0) }]));
    for (const past of settled) {
      for (const word of vocabulary(scanner, past)) {
        const tally = tallies.get(word);
        if (tally === undefined) continue;
        tally.posts += 1;
        past.logs.forEach((value, target) => (tally.sums[target]! += value));
      }
    }
    const seen = [...tallies.values()].filter(({ posts }) => posts > 0);
    const share = Math.sqrt(Math.max(own.length, 1));
    return toward.map((broader, target) => seen.reduce((total, { posts, sums }) => total + (sums[target]! - posts * broader) / (posts + draw.word), 0) / share);
  };

  /** Sum of the effects of the known words over the root of their number. */
  const wording = (own: readonly string[]): number[] => {
    const known = own.map((word) => effects.get(word)).filter((effect) => effect !== undefined);
    const share = Math.sqrt(Math.max(known.length, 1));
    return targets.map((_, target) => known.reduce((total, effect) => total + effect[target]!, 0) / share);
  };

  const ofText = (text: string): number[] => {
    const score = sentiment(text);
    const counts = (['link', 'exclamation', 'question'] as const).map((name) => scanner.count(name, text));
    const polarity = Number(score >= POLAR) - Number(score <= -POLAR);
    return [characters(text), score, polarity, scanner.hashtags(text).length, scanner.emojiCount(text), ...counts, scanner.readability(text)];
  };

  return (post, moments = [post.at]) => {
    const settled = post.history
      .filter(({ at }) => at <= post.at - constants.settledHours * HOUR)
      .map((past): Settled => ({ ...past, logs: past.counts.map(Math.log1p) }));
    const month = settled.filter(({ at }) => at >= post.at - constants.monthDays * DAY);
    const whole = drawn(settled, constants.prior, 'page');
    const monthly = drawn(month, whole, 'last');
    const last = LAST.map((count) => drawn(settled.slice(-count), monthly, 'last'));
    const recent = settled.slice(-RECENT);
    const alike = month.filter((past) => past.media === post.media);
    const ofMedia = drawn(alike, last[1]!, 'media');
    const titled = settled.filter((past) => past.media === post.media && past.title === post.title).slice(-LAST[2]);
    const days = settled.length > 0 ? (post.at - settled[0]!.at) / DAY : 0;
    const tags = [...new Set(scanner.hashtags(post.text))];
    const monthTags = tags.length > 0 ? month.map(({ text }) => scanner.hashtags(text)) : [];
    const totals = targets.map((_, target) => month.reduce((total, { counts }) => total + counts[target]!, 0));
    const text = ofText(post.text);
    const own = vocabulary(scanner, post);
    const attached = [
      Number(['photo', 'video'].includes(media[post.media]!)),
      ...media.flatMap((kind, place) => (kind === 'none' ? [] : [Number(place === post.media)])),
      characters(post.title),
      titled.length,
      Number.isNaN(post.followers) ? UNKNOWN : post.followers,
      Number.isNaN(post.created) ? UNKNOWN : (post.at - post.created) / DAY,
      settled.length > 0 ? (post.at - settled.at(-1)!.at) / HOUR : UNKNOWN,
      month.length / Math.max(Math.min(days, constants.monthDays) - constants.settledHours / 24, 1),
      settled.length,
      days,
      tags.filter((tag) => monthTags.filter((used) => used.includes(tag)).length >= constants.trendUses).length,
      (alike.length + 1) / (month.length + media.length),
    ];
    const averages = [
      ...monthly,
      ...last.flat(),
      ...(recent.length > 0 ? targets.map((_, target) => medianOf(recent.map(({ logs }) => logs[target]!))) : whole),
      ...targets.map((_, target) => spreadOf(recent.map(({ logs }) => logs[target]!))),
      ...last[0]!.map((value, target) => value - last[2]![target]!),
      ...ofMedia,
    ];
    const like = [
      ...drawn(titled, ofMedia, 'title'),
      ...ofWords(own, settled, ofMedia),
      ...totals.slice(1).map((total) => Math.log1p(total) - Math.log1p(totals[0]!)),
      ...wording(own),
    ];
    return moments.map((moment) => {
      const atHour = month.filter(({ at }) => hourOf(at) === hourOf(moment));
      const onDay = month.filter(({ at }) => weekdayOf(at) === weekdayOf(moment));
      const usual = [...drawn(atHour, monthly, 'hour'), ...drawn(onDay, monthly, 'weekday')];
      return [...text, hourOf(moment), weekdayOf(moment), ...attached, ...averages, ...usual, ...like];
    });
  };
}

/** Distinct words of text and title, told apart. */
function vocabulary(scanner: TextScanner, { text, title }: ReadPost): string[] {
  return [...new Set([...scanner.words(text), ...scanner.words(title).map((word) => `=${word}`)])];
}

function sumOf(posts: readonly Settled[], target: number): number {
  return posts.reduce((total, { logs }) => total + logs[target]!, 0);
}

function hourOf(at: number): number {
  return Math.floor((at % DAY) / HOUR);
}

/** 0 = Monday; 1970-01-01 was a Thursday. */
function weekdayOf(at: number): number {
  return (Math.floor(at / DAY) + 3) % 7;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function spreadOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
}
