/** A brand's voice from a few posts, and how well a text matches it: the twin of `keras_models/content_voice.py`. */

import type { Tokenizer } from '../text/tokens.js';
import { tagKey } from './hashtags.js';
import type { FeatureOff, Measure, Vectors } from './vectors.js';

/** Something that a voice uses, and in all how often. */
export interface Used {
  readonly text: string;
  readonly count: number;
}

/** A brand's voice: plain data, so that a product may keep it. */
export interface Voice {
  /** The posts it was built from, blank ones left out. */
  readonly texts: readonly string[];
  /** Mean and standard deviation of each style feature over the posts; the manifest says what each counts. */
  readonly style: Readonly<Record<string, { readonly mean: number; readonly spread: number }>>;
  readonly vectors: Vectors;
  /** The most frequent first. */
  readonly hashtags: readonly Used[];
  readonly emoji: readonly Used[];
}

/** How well a text matches a voice. */
export interface VoiceMatch {
  /** Cosine similarity; the manifest's `usualMatch` says what a brand's own posts and those of others read. */
  readonly similarity: number;
  /** Style features that are off, the farthest first; empty for several texts at once. */
  readonly off: readonly FeatureOff[];
}

const MOST_POSTS = 200;

/** Builds a voice; no posts at all make one that matches everything alike. */
export function buildVoice(posts: readonly string[], features: readonly string[], style: Measure, tokenize: Tokenizer): Voice {
  const texts = posts.filter((text) => tokenize(text).length > 0).slice(-MOST_POSTS);
  const { mean, spread } = style.moments(texts);
  const tokens = texts.flatMap(tokenize);
  const used = (kind: string): string[] => tokens.filter((token) => token.kind === kind).map(({ text }) => text);
  return {
    texts,
    style: Object.fromEntries(features.map((name, at) => [name, { mean: mean[at]!, spread: spread[at]! }])),
    vectors: style.vectors(texts),
    hashtags: counted(used('hashtag').map((tag) => `#${tag.slice(1)}`), tagKey),
    emoji: counted(used('emoji'), String),
  };
}

/** Compares a text, or several as one, with a voice. */
export function matchVoice(texts: readonly string[], voice: Voice, features: readonly string[], style: Measure): VoiceMatch {
  const moments = features.map((name) => voice.style[name]!);
  const own = moments.map(({ mean }) => mean);
  const spread = moments.map((each) => each.spread);
  const off = texts.length === 1 && voice.texts.length > 0 ? style.off(texts[0]!, own, spread, voice.texts.length) : [];
  return { similarity: style.similarity(style.vectors(texts), voice.vectors), off };
}

/** Each once, in its first spelling, the most frequent first. */
function counted(values: readonly string[], keyOf: (value: string) => string): Used[] {
  const counts = new Map<string, { text: string; count: number }>();
  for (const text of values) {
    const key = keyOf(text);
    const known = counts.get(key) ?? { text, count: 0 };
    known.count += 1;
    counts.set(key, known);
  }
  return [...counts.values()].sort((one, other) => other.count - one.count);
}
