/** Cuts tokens into sentences. The twin of `keras_models/content_sentences.py`. */

import type { Token } from '../text/tokens.js';

/** Tokens of a sentence, and the mark that ends it: `.`, `!`, `?` or none. */
export interface Sentence {
  readonly sentence: readonly Token[];
  readonly end: string;
}

/** Whether a token is a mark that ends a sentence. */
export function endsSentence({ kind, text }: Token): boolean {
  return kind === 'mark' && '.!?…'.includes(text[0]!);
}

/** Tokens between line breaks, emoji and sentence ends. */
export function sentencesOf(tokens: readonly Token[]): Sentence[] {
  const sentences: Sentence[] = [];
  let current: Token[] = [];
  for (const token of tokens) {
    const { kind, text } = token;
    const ends = endsSentence(token);
    if (!ends && kind !== 'break' && kind !== 'emoji') {
      current.push(token);
      continue;
    }
    const isMark = ends && ['.', '!', '!!', '!!!'].includes(text);
    if (current.length > 0) sentences.push({ sentence: current, end: text.includes('?') ? '?' : isMark ? text[0]! : '' });
    current = [];
  }
  return current.length > 0 ? [...sentences, { sentence: current, end: '' }] : sentences;
}

/** Words and commas of a sentence, straight apostrophes; null where it holds anything else. */
export function plainWords(sentence: readonly Token[]): string[] | null {
  const isPlain = sentence.every(({ kind, text }) => kind === 'word' || text === ',');
  return isPlain ? sentence.map(({ text }) => text.replaceAll('’', "'")) : null;
}

/** Words and commas as a line. */
export function joined(words: readonly string[]): string {
  return words.join(' ').replaceAll(' ,', ',');
}
