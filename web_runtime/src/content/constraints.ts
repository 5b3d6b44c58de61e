/** Reads what a caller wants of every draft, and judges texts by it. The twin of `keras_models/content_constraints.py`. */

import type { Tokenizer } from '../text/tokens.js';

/** Least and most of something. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** What every variant must keep. */
export interface Constraints {
  /** Characters at most, as JavaScript counts them. */
  readonly maxLength?: number;
  /** How many hashtags: exactly so many, some or none, or a range. */
  readonly hashtags?: number | boolean | Range;
  /** How many emoji. */
  readonly emoji?: number | boolean | Range;
  /** Texts that stand in every variant to the letter; a hashtag, link or mention among them is put where such things stand. */
  readonly mustInclude?: readonly string[];
  /** Texts that stand in none, in upper or lower case. */
  readonly forbid?: readonly string[];
  /** ISO code. Of a language that the pack has not learned, only the voice's and the subject's own words are used. */
  readonly language?: string;
}

/** Least and most of what is counted; null where any number will do. */
export type Bounds = readonly [number, number] | null;

/** What every draft must keep, as drafting reads it. */
export interface Kept {
  readonly hashtags: Bounds;
  readonly emoji: Bounds;
  /** Texts that stand in every draft. */
  readonly must: readonly string[];
  /** Those that are one hashtag, link or mention; of an empty kind, all the others. */
  mustBe(kind: string): string[];
  /** Candidates without anything forbidden. */
  allowed(candidates: readonly string[]): string[];
  /** Whether a text keeps every constraint. */
  areKeptBy(text: string): boolean;
}

const MOST = 30;
const PLACED: readonly string[] = ['hashtag', 'link', 'mention'];

/** Reads constraints; `mostTags` are the hashtags of a draft at most. */
export function keptOf(
  { maxLength, hashtags, emoji, mustInclude = [], forbid = [] }: Constraints,
  { tokenize, normalize }: { readonly tokenize: Tokenizer; readonly normalize: (text: string) => string },
  mostTags: number,
): Kept {
  const bounds = { hashtags: boundsOf(hashtags, mostTags), emoji: boundsOf(emoji, mostTags) };
  const must = mustInclude.map(normalize);
  const forbidden = forbid.map((each) => normalize(each).toLowerCase());
  const kinds = must.map((text) => {
    const [token, ...others] = tokenize(text);
    return token !== undefined && others.length === 0 && PLACED.includes(token.kind) && token.text === text ? token.kind : '';
  });
  const allowed = (candidates: readonly string[]): string[] =>
    candidates.filter((each) => !forbidden.some((other) => each.toLowerCase().includes(other)));
  return {
    ...bounds,
    must,
    mustBe: (kind) => must.filter((_, at) => kinds[at] === kind),
    allowed,
    areKeptBy: (text) => {
      const tokens = tokenize(text);
      const counted = (wanted: string): number => tokens.filter(({ kind }) => kind === wanted).length;
      return (
        (maxLength === undefined || text.length <= maxLength) &&
        within(counted('hashtag'), bounds.hashtags) &&
        within(counted('emoji'), bounds.emoji) &&
        must.every((each) => text.includes(each)) &&
        allowed([text]).length > 0
      );
    },
  };
}

/** The number within bounds that is nearest. */
export function clamped(count: number, bounds: Bounds): number {
  return bounds === null ? count : Math.min(Math.max(count, bounds[0]), bounds[1]);
}

function within(count: number, bounds: Bounds): boolean {
  return bounds === null || (bounds[0] <= count && count <= bounds[1]);
}

function boundsOf(wanted: number | boolean | Range | undefined, mostTags: number): Bounds {
  if (wanted === undefined) return null;
  if (typeof wanted === 'boolean') return wanted ? [1, mostTags] : [0, 0];
  return typeof wanted === 'number' ? [wanted, wanted] : [wanted.min ?? 0, wanted.max ?? MOST];
}
