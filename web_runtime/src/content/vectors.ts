/**
 * Compares voices: style, character and word vectors of posts, and their cosine. The twin of `keras_models/content_vectors.py`, to the
 * last bit: counts, square roots, and sums from left to right.
 */

import type { SentimentScorer } from '../text/sentiment.js';
import { type Token, type Tokenizer, wordCounts, wordKey } from '../text/tokens.js';
import { codePoints, hashedPoints } from './random.js';
import { featuresOf, NUMBERS, type StyleRules } from './style.js';

/** Constants of the manifest. */
export interface VectorRules extends StyleRules {
  readonly clip: number;
  /** From so many spreads on a feature is off, and how many are told. */
  readonly off: number;
  readonly mostOff: number;
  /** Posts that the usual spread counts for in a voice's own. */
  readonly steady: number;
}

/** What the pack learned of voices. */
export interface StyleTables {
  readonly style: {
    readonly mean: readonly number[];
    readonly scale: readonly number[];
    readonly axes: readonly (readonly number[])[];
    readonly weights: { readonly style: number; readonly chars: number; readonly words: number; readonly constant: number };
  };
  readonly chars: readonly number[];
  readonly idf: Readonly<Record<string, number>>;
  readonly rare: number;
}

/** One text or voice: vectors of length 1, or of zeros where there is nothing to count. */
export interface Vectors {
  readonly style: readonly number[];
  readonly chars: readonly number[];
  readonly words: Readonly<Record<string, number>>;
}

/** A style feature in which a text leaves a voice. */
export interface FeatureOff {
  /** Name of the feature; the manifest says what it counts. */
  readonly feature: string;
  readonly value: number;
  /** The voice's mean. */
  readonly usual: number;
  /** How many of the voice's standard deviations lie between; above 0 where the text has more. */
  readonly spreads: number;
}

/** Measures voices. */
export interface Measure {
  vectors(texts: readonly string[]): Vectors;
  /** Cosine of the weighted vectors and a constant that both share, which sets the scale. */
  similarity(one: Vectors, other: Vectors): number;
  /** Mean and standard deviation of each style feature over some posts. */
  moments(texts: readonly string[]): { mean: number[]; spread: number[] };
  /** Style features in which a text leaves a voice of so many posts, the farthest first. */
  off(text: string, mean: readonly number[], spread: readonly number[], posts: number): FeatureOff[];
  /** Inverse document frequency of a word's key. */
  idf(key: string): number;
}

const MASKED: readonly string[] = ['mention', 'email', 'phone', 'link'];

/** Makes the measure of a pack. */
export function measureOf(rules: VectorRules, tables: StyleTables, tokenize: Tokenizer, sentiment: SentimentScorer): Measure {
  const features = featuresOf(rules, sentiment);
  const idfs = new Map(Object.entries(tables.idf));
  const { mean: usual, scale, axes, weights } = tables.style;
  const idf = (key: string): number => idfs.get(key) ?? tables.rare;

  const projected = (values: readonly number[]): number[] => {
    const scaled = values.map((value, at) => Math.max(-rules.clip, Math.min(rules.clip, (value - usual[at]!) / scale[at]!)));
    return axes.map((axis) => dot(scaled, axis));
  };

  const charCounts = (tokens: readonly Token[]): number[] => {
    let line = ' ';
    for (const { kind, text, spaced } of tokens) {
      line += (spaced ? ' ' : '') + (MASKED.includes(kind) ? '@' : NUMBERS.includes(kind) ? '0' : wordKey(text));
    }
    const points = codePoints(`${line} `);
    const counts = tables.chars.map(() => 0);
    for (let at = 0; at + 2 < points.length; at += 1) counts[hashedPoints(points.slice(at, at + 3)) % counts.length]! += 1;
    return counts;
  };

  return {
    idf,
    vectors: (texts) => {
      const style = axes.map(() => 0);
      const chars = tables.chars.map(() => 0);
      const words = new Map<string, number>();
      for (const text of texts) {
        const tokens = tokenize(text);
        add(style, unit(projected(features(text, tokens))));
        add(chars, unit(charCounts(tokens).map((count, at) => Math.sqrt(count) * tables.chars[at]!)));
        const own = [...wordCounts(tokens)];
        const values = unit(own.map(([key, count]) => Math.sqrt(count) * idf(key)));
        own.forEach(([key], at) => words.set(key, (words.get(key) ?? 0) + values[at]!));
      }
      const wordValues = unit([...words.values()]);
      return { style: unit(style), chars: unit(chars), words: Object.fromEntries([...words.keys()].map((key, at) => [key, wordValues[at]!])) };
    },
    similarity: (one, other) => {
      const total = weights.style + weights.chars + weights.words + weights.constant;
      const theirs = new Map(Object.entries(other.words));
      const words = Object.entries(one.words).reduce((sum, [key, value]) => sum + value * (theirs.get(key) ?? 0), 0);
      const parts = weights.style * dot(one.style, other.style) + weights.chars * dot(one.chars, other.chars) + weights.words * words;
      return (parts + weights.constant) / total;
    },
    moments: (texts) => {
      const rows = texts.map((text) => features(text, tokenize(text)));
      const zeros = rules.features.map(() => 0);
      if (rows.length === 0) return { mean: zeros, spread: zeros };
      const mean = zeros.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length);
      const spread = mean.map((middle, at) => Math.sqrt(rows.reduce((sum, row) => sum + (row[at]! - middle) * (row[at]! - middle), 0) / rows.length));
      return { mean, spread };
    },
    off: (text, mean, spread, posts) => {
      const off = features(text, tokenize(text)).map((value, at): FeatureOff => {
        const width = Math.sqrt((posts * spread[at]! * spread[at]! + rules.steady * scale[at]! * scale[at]!) / (posts + rules.steady));
        return { feature: rules.features[at]!, value, usual: mean[at]!, spreads: (value - mean[at]!) / width };
      });
      return off
        .filter(({ spreads }) => Math.abs(spreads) >= rules.off)
        .sort((one, other) => Math.abs(other.spreads) - Math.abs(one.spreads))
        .slice(0, rules.mostOff);
    },
  };
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, at) => sum + value * other[at]!, 0);
}

function unit(values: readonly number[]): number[] {
  const length = Math.sqrt(dot(values, values));
  return length > 0 ? values.map((value) => value / length) : [...values];
}

function add(total: number[], values: readonly number[]): void {
  values.forEach((value, at) => (total[at]! += value));
}
