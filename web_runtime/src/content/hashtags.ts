/**
 * Suggests hashtags that a post's words, its other tags and its voice give reason for: the twin of `keras_models/content_hashtags.py`.
 * Only tags that someone used are candidates; words are joined to one tag only where that very tag is known.
 */

import { type Token, type Tokenizer, wordCounts } from '../text/tokens.js';

/** Why a tag is suggested: used by the voice, in its posts with the same words, beside the text's tags, with its words, spelled out in it. */
export type HashtagReason = 'voice' | 'alike' | 'beside' | 'words' | 'named' | 'common' | 'word';

/** A suggested hashtag. */
export interface Hashtag {
  /** With its sign, in its usual spelling. */
  readonly tag: string;
  /** Only its order has a meaning. */
  readonly score: number;
  /** The strongest reason first. */
  readonly reasons: readonly HashtagReason[];
  /** How its use changed over the time that the pack learned from; `unknown` for tags of the voice alone. */
  readonly trend: 'rising' | 'steady' | 'fading' | 'unknown';
  /** `broad`: used by several brands. */
  readonly breadth: 'broad' | 'specific' | 'unknown';
  /** By what factor likes of posts with it differed from the brand's usual: 1 where nothing is known. It tells of past posts, not of a cause. */
  readonly effect: number;
}

/** Constants of the manifest. */
export interface HashtagRules {
  readonly reasons: Readonly<Record<HashtagReason, number>>;
  /** Words that may be written as one known tag. */
  readonly longestJoined: number;
  /** Of a word that is suggested as a tag. */
  readonly leastLetters: number;
  readonly rising: number;
  readonly fading: number;
  /** Brands; a tag that fewer used is specific. */
  readonly broad: number;
}

/** What the pack learned of hashtags. */
export interface HashtagTables {
  readonly tags: Readonly<Record<string, KnownTag>>;
  readonly beside: Shares;
  readonly near: Shares;
  readonly broadest: readonly string[];
  readonly rare: number;
}

/** A post of the voice: its tags by key, and its other words as a vector of length 1. */
export interface TaggedPost {
  readonly tags: ReadonlyMap<string, string>;
  readonly words: ReadonlyMap<string, number>;
}

/** Suggests hashtags. */
export interface Hashtags {
  tagged(text: string): TaggedPost;
  suggest(text: string, voice: readonly TaggedPost[], count: number): Hashtag[];
}

interface KnownTag {
  readonly tag: string;
  readonly share: number;
  readonly brands: number;
  readonly trend: number;
  readonly effect: number;
}

type Shares = Readonly<Record<string, Readonly<Record<string, number>>>>;
type Add = (key: string, reason: HashtagReason, value: number, spelling: string) => void;

/** What spellings of one tag share: lower case, without sign, underscores and accents. */
export function tagKey(tag: string): string {
  return tag.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/gu, '').replace(/^[#＃]+/u, '').replaceAll('_', '');
}

/** Makes the suggestions of a pack; `idf` weighs words. */
export function hashtagsOf(rules: HashtagRules, tables: HashtagTables, tokenize: Tokenizer, idf: (key: string) => number): Hashtags {
  const known = new Map(Object.entries(tables.tags));
  const beside = new Map(Object.entries(tables.beside));
  const near = new Map(Object.entries(tables.near));
  const spellingOf = (key: string): string => known.get(key)!.tag;

  const tagged = (text: string): TaggedPost => {
    const tokens = tokenize(text);
    const weights = [...wordCounts(tokens).keys()].filter((key) => !isTag(key)).map((key) => [key, idf(key)] as const);
    const length = Math.sqrt(weights.reduce((total, [, weight]) => total + weight * weight, 0));
    return { tags: tagsIn(tokens), words: new Map(length > 0 ? weights.map(([key, weight]) => [key, weight / length]) : []) };
  };

  const addFromVoice = (post: TaggedPost, voice: readonly TaggedPost[], add: Add): void => {
    for (const past of voice) {
      let same = 0;
      for (const [word, weight] of post.words) same += weight * (past.words.get(word) ?? 0);
      const isShared = [...past.tags.keys()].some((tag) => post.tags.has(tag));
      for (const [key, spelling] of past.tags) {
        add(key, 'voice', 1 / voice.length, spelling);
        add(key, 'alike', same, spelling);
        add(key, 'beside', Number(isShared) / voice.length, spelling);
      }
    }
  };

  const addNamed = (text: string, voice: readonly TaggedPost[], add: Add): void => {
    const used = new Map(voice.flatMap(({ tags }) => [...tags]));
    let words: string[] = [];
    for (const token of tokenize(text)) {
      if (token.kind !== 'word') {
        words = [];
        continue;
      }
      words = [...words, token.text].slice(-rules.longestJoined);
      const rarity = idf(token.text.toLowerCase()) / tables.rare;
      for (let length = 1; length <= words.length; length += 1) {
        const key = tagKey(words.slice(-length).join(''));
        const spelling = used.get(key) ?? known.get(key)?.tag;
        if (spelling !== undefined) add(key, 'named', length === 1 ? rarity : 1, spelling);
      }
      const [first] = token.text;
      const isName = first !== first!.toLowerCase() && [...token.text].length >= rules.leastLetters && !/['’]/u.test(token.text);
      if (isName) add(tagKey(token.text), 'word', rarity, token.text);
    }
  };

  const suggest = (text: string, voice: readonly TaggedPost[], count: number): Hashtag[] => {
    const post = tagged(text);
    const scores = new Map<string, { readonly spelling: string; readonly reasons: Map<HashtagReason, number> }>();
    const add: Add = (key, reason, value, spelling) => {
      if (post.tags.has(key) || value <= 0) return;
      if (!scores.has(key)) scores.set(key, { spelling, reasons: new Map() });
      const { reasons } = scores.get(key)!;
      reasons.set(reason, (reasons.get(reason) ?? 0) + rules.reasons[reason] * value);
    };
    addFromVoice(post, voice, add);
    for (const tag of post.tags.keys()) for (const [other, share] of entriesOf(beside, tag)) add(other, 'beside', share, spellingOf(other));
    for (const [word, weight] of post.words)
      for (const [other, share] of entriesOf(near, word)) add(other, 'words', weight * share, spellingOf(other));
    addNamed(text, voice, add);
    for (const key of tables.broadest) add(key, 'common', known.get(key)!.share, spellingOf(key));
    return Array.from(scores, ([key, { spelling, reasons }]) => ({
      ...standingOf(known.get(key), rules),
      tag: `#${spelling}`,
      score: [...reasons.values()].reduce((total, value) => total + value, 0),
      reasons: [...reasons].sort(([, one], [, other]) => other - one).map(([reason]) => reason),
    }))
      .sort((one, other) => other.score - one.score)
      .slice(0, count);
  };

  return { tagged, suggest };
}

/** Key and spelling without the sign, of each tag, the first spelling of each. */
function tagsIn(tokens: readonly Token[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { kind, text } of tokens) if (kind === 'hashtag' && !found.has(tagKey(text))) found.set(tagKey(text), text.slice(1));
  return found;
}

function isTag(key: string): boolean {
  return key.startsWith('#') || key.startsWith('＃');
}

function entriesOf(shares: ReadonlyMap<string, Readonly<Record<string, number>>>, key: string): [string, number][] {
  return Object.entries(shares.get(key) ?? {});
}

function standingOf(known: KnownTag | undefined, { rising, fading, broad }: HashtagRules): Pick<Hashtag, 'trend' | 'breadth' | 'effect'> {
  if (known === undefined) return { trend: 'unknown', breadth: 'unknown', effect: 1 };
  const trend = known.trend >= rising ? 'rising' : known.trend <= fading ? 'fading' : 'steady';
  return { trend, breadth: known.brands >= broad ? 'broad' : 'specific', effect: known.effect };
}
