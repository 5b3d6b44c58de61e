/** Drafts posts in a voice and ranks them by predicted engagement and match. The twin of `keras_models/content_generation.py`. */

import type { Media, PastPost, Post } from '../posts/post.js';
import { type Tokenizer, wordCounts } from '../text/tokens.js';
import type { Constraints } from './constraints.js';
import { type DraftParts, drafterOf, type DraftRules } from './drafter.js';
import { Random } from './random.js';
import type { Measure } from './vectors.js';
import type { Voice } from './voice.js';

/** Likes, comments and shares. */
export interface Counts {
  readonly likes: number;
  readonly comments: number;
  readonly shares: number;
}

/** What is wanted. */
export interface GenerateRequest {
  readonly voice: Voice;
  /** What the posts are to be about; a title in double quotation marks is taken as one. 300 characters are read. */
  readonly about?: string;
  /** What is predicted and ranked by; likes by default. */
  readonly goal?: keyof Counts;
  readonly constraints?: Constraints;
  /** How many variants, 1 to 10; 5 by default. */
  readonly count?: number;
  /** A whole number from 0 to 2^32 - 1; the same seed gives the same texts. 0 by default. */
  readonly seed?: number;
  /** What the engagement model is told beside the text: when it goes out, with which medium, after which posts. */
  readonly post?: { readonly publishedAt?: string | Date; readonly media?: Media; readonly history?: readonly PastPost[] };
}

/** One draft. */
export interface Variant {
  /** Plain text: show it as text, never as markup. */
  readonly text: string;
  /** `lift` times `match`: what it is ranked by. */
  readonly score: number;
  /** Cosine similarity with the voice. */
  readonly match: number;
  /** What the engagement model expects. */
  readonly engagement: Counts;
  /** That of the goal, against the median of what it expects of the voice's own posts at the same moment. */
  readonly lift: number;
  /** Why it stands where it stands. */
  readonly reason: string;
}

/** What came of it. */
export interface Generated {
  /** The best first. */
  readonly variants: readonly Variant[];
  /** Why there are fewer than asked for; null where there are not. */
  readonly note: string | null;
}

/** Constants of the manifest. */
export interface GenerateRules extends DraftRules {
  readonly tries: number;
  /** Characters of the subject that are read. */
  readonly aboutRead: number;
  readonly pool: number;
  readonly ownPosts: number;
  readonly leastDistinct: number;
  readonly mostAlike: number;
  /** Scores nearer than this, relatively, count as equal, since backends round differently. */
  readonly tie: number;
  readonly notable: number;
  readonly post: { readonly publishedAt: string; readonly media: Media; readonly history: readonly PastPost[] };
}

/** What generation works with. */
export interface GenerateParts extends DraftParts {
  readonly style: Measure;
  readonly usualMatch: { readonly own: number; readonly other: number };
  readonly predict: (posts: readonly Post[]) => Promise<readonly Counts[]>;
}

/** Generates variants; the request is checked before. */
export async function generateWith(rules: GenerateRules, parts: GenerateParts, request: GenerateRequest): Promise<Generated> {
  const { voice, constraints = {}, count = 5, goal = 'likes', seed = 0 } = request;
  const [learned] = parts.languages;
  const { language = learned! } = constraints;
  if (!parts.languages.includes(language) && parts.isEnglish(voice.texts)) return { variants: [], note: `the pack has learned ${learned}, not ${language}` };
  const about = Array.from(request.about ?? '').slice(0, rules.aboutRead).join('');
  const drafter = drafterOf(rules, parts, voice, about, constraints);
  const pool: string[] = [];
  for (let attempt = 0; attempt < rules.tries && pool.length < rules.pool; attempt += 1) {
    const text = drafter.draft(new Random(seed, attempt));
    if (text !== null && !pool.includes(text) && drafter.holds(text)) pool.push(text);
  }
  const own = voice.texts.slice(-rules.ownPosts);
  const post = { ...rules.post, ...request.post };
  const expected = pool.length > 0 ? await parts.predict([...pool, ...own].map((text) => ({ ...post, text }))) : [];
  const median = medianOf(expected.slice(pool.length).map((counts) => counts[goal]));
  const matches = pool.map((text) => parts.style.similarity(parts.style.vectors([text]), voice.vectors));
  const lifts = pool.map((_, at) => (median === null ? 1 : (1 + expected[at]![goal]) / (1 + median)));
  const scores = lifts.map((lift, at) => lift * matches[at]!);
  const variants = chosen(pool, scores, count, rules, parts.tokenize).map((at): Variant => {
    const { likes, comments, shares } = expected[at]!;
    const reason = reasonOf(goal, lifts[at]!, matches[at]!, rules, parts.usualMatch);
    return { text: pool[at]!, score: scores[at]!, match: matches[at]!, engagement: { likes, comments, shares }, lift: lifts[at]!, reason };
  });
  const why = drafter.isForeign ? `only words of the voice's and the subject's own, since the pack has learned ${learned}, and ` : '';
  const note = `${variants.length} of ${count} variants: ${why}no more keep every constraint and differ enough`;
  return { variants, note: variants.length === count ? null : note };
}

/** The best that differ enough from those before. */
function chosen(pool: readonly string[], scores: readonly number[], count: number, rules: GenerateRules, tokenize: Tokenizer): number[] {
  const counts = pool.map((text) => wordCounts(tokenize(text)));
  let left = pool.map((_, at) => at);
  const taken: number[] = [];
  while (left.length > 0 && taken.length < count) {
    const best = Math.max(...left.map((at) => scores[at]!));
    const next = left.find((at) => scores[at]! >= best * (1 - rules.tie))!;
    left = left.filter((at) => at !== next);
    const differs = taken.every((at) => alike(counts[at]!, counts[next]!) <= rules.mostAlike);
    if (differs && distinct2([...taken, next].map((at) => pool[at]!)) >= rules.leastDistinct) taken.push(next);
  }
  return taken;
}

/** Cosine of the counts of words, hashtags and emoji of two texts. */
function alike(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  const size = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, value) => sum + value * value, 0);
  const shared = [...one].reduce((sum, [key, value]) => sum + value * (other.get(key) ?? 0), 0);
  const sizes = size(one) * size(other);
  return sizes > 0 ? shared / Math.sqrt(sizes) : 0;
}

/** Share of different pairs of neighbouring words among all of them; 1 where there is none. */
function distinct2(texts: readonly string[]): number {
  const pairs = texts.flatMap((text) => {
    const words = text.toLowerCase().split(' ');
    return words.slice(1).map((word, at) => `${words[at]} ${word}`);
  });
  return pairs.length > 0 ? new Set(pairs).size / pairs.length : 1;
}

function reasonOf(goal: string, lift: number, match: number, { notable }: GenerateRules, usual: GenerateParts['usualMatch']): string {
  const level = lift >= notable ? 'more' : lift * notable <= 1 ? 'fewer' : 'about as many';
  const near = match >= usual.own ? 'close to' : 2 * match >= usual.own + usual.other ? 'near' : 'far from';
  return `${level} ${goal} expected than of the voice's median post, ${near} the voice`;
}

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const ordered = [...values].sort((one, other) => one - other);
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}
