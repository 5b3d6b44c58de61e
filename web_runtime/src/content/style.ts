/** Counts of one post what its style is made of. The twin of `keras_models/content_style.py`. */

import { characters } from '../text/patterns.js';
import type { SentimentScorer } from '../text/sentiment.js';
import { type Token, wordKey } from '../text/tokens.js';

/** Constants of the manifest. */
export interface StyleRules {
  /** Names of the style features, in the order of all style vectors. */
  readonly features: readonly string[];
  /** Lists of function words by language or person. */
  readonly functionWords: readonly (readonly string[])[];
  readonly longWord: number;
  readonly polar: number;
}

/** Kinds of tokens that are numbers in one form or another. */
export const NUMBERS: readonly string[] = ['number', 'date', 'time'];
const ENDS = ['hashtag', 'link', 'emoji', 'mark', 'word'];
const NOT_ASCII = /[^\0-\x7f]/;

/** Makes what counts the style features of a text and its tokens. */
export function featuresOf(rules: StyleRules, sentiment: SentimentScorer): (text: string, tokens: readonly Token[]) => number[] {
  const functionWords = rules.functionWords.map((listed) => new Set(listed));

  return (text, tokens) => {
    const ofKind = (kind: string): string[] => tokens.filter((token) => token.kind === kind).map((token) => token.text);
    const [words, marks, emoji, tags] = [ofKind('word'), ofKind('mark'), ofKind('emoji'), ofKind('hashtag')];
    const lower = words.map(wordKey);
    const count = Math.max(words.length, 1);
    const score = sentiment(text);
    const numberOf = (...kinds: string[]): number => tokens.filter(({ kind }) => kinds.includes(kind)).length;
    const share = (holds: (word: string) => boolean, among: readonly string[] = words): number => among.filter(holds).length / count;
    const has = (holds: boolean): number => Number(holds);
    const of = (first: string): number => Math.sqrt(marks.filter((mark) => first.includes(mark[0]!)).length);
    const last = tokens.at(-1);
    const sentences = Math.max(tokens.filter(endsSentence).length + has(last !== undefined && !endsSentence(last)), 1);
    return [
      Math.sqrt(words.length),
      Math.sqrt(words.length / sentences),
      Math.sqrt(sentences),
      Math.sqrt(emoji.length),
      has(emoji.length > 0),
      Math.sqrt(new Set(emoji).size),
      Math.sqrt(tags.length),
      has(tags.length > 0),
      tags.filter((tag) => tag !== tag.toLowerCase()).length / Math.max(tags.length, 1),
      Math.sqrt(numberOf('link')),
      Math.sqrt(numberOf('mention')),
      Math.sqrt(numberOf('break')),
      Math.sqrt(numberOf(...NUMBERS)),
      score,
      has(score >= rules.polar),
      has(score <= -rules.polar),
      words.reduce((total, word) => total + characters(word), 0) / count,
      share((word) => characters(word) > rules.longWord),
      new Set(lower).size / count,
      share((word) => NOT_ASCII.test(word)),
      ...functionWords.map((listed) => share((word) => listed.has(word), lower)),
      of('!'),
      has(marks.some((mark) => mark.length > 1 && '!?'.includes(mark[0]!))),
      of('?'),
      Math.sqrt(marks.filter((mark) => mark === '.').length),
      has(marks.some((mark) => mark === '…' || mark.startsWith('..'))),
      of(','),
      of(':'),
      of('"“”'),
      of("'‘’"),
      of('-–—'),
      of('(['),
      of('|&/+'),
      has(words.some((word) => word.includes('’'))),
      has(words.some((word) => word.includes("'"))),
      share((word) => characters(word) > 1 && word === word.toUpperCase() && word !== word.toLowerCase()),
      share(hasCapital),
      has(words.length > 0 && !hasCapital(words[0]!)),
      has(words.length > 0 && words.every((word) => word === word.toLowerCase())),
      ...ENDS.map((kind) => has(last?.kind === kind)),
    ];
  };
}

function endsSentence({ kind, text }: Token): boolean {
  return kind === 'break' || (kind === 'mark' && '.!?…。！？'.includes(text[0]!));
}

function hasCapital(word: string): boolean {
  const [first] = word;
  return first !== first!.toLowerCase();
}
