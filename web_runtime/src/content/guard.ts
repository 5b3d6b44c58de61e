/** Keeps generated text from repeating a post: a Bloom filter of all runs of seven words, as `keras_models/content_guard.py` fills it. */

import type { Tokenizer } from '../text/tokens.js';
import { hashed, mixed } from './random.js';

/** Constants of the manifest. */
export interface GuardRules {
  /** Words of a run. */
  readonly run: number;
  readonly probes: number;
  /** Kinds of tokens that are read. */
  readonly read: readonly string[];
  /** Regular expression of a word as the guard counts them. */
  readonly part: string;
}

/** What the pack holds. */
export interface GuardTable {
  /** Bits of the filter. */
  readonly size: number;
  /** The bits, base64. */
  readonly bits: string;
}

/** Answers whether a text repeats what must not be repeated: a training post, as far as the filter tells, or one of these. */
export type Guard = (own: readonly string[]) => (text: string) => boolean;

/** Makes the guard of a pack. */
export function guardOf(rules: GuardRules, table: GuardTable, tokenize: Tokenizer): Guard {
  const bits = Uint8Array.from(atob(table.bits), (character) => character.charCodeAt(0));
  const part = new RegExp(rules.part, 'gu');
  const runs = (text: string): string[] => {
    const read = tokenize(text).filter(({ kind }) => rules.read.includes(kind));
    const words = read.flatMap((token) => token.text.toLowerCase().match(part) ?? []);
    return Array.from({ length: Math.max(words.length - rules.run + 1, 0) }, (_, at) => words.slice(at, at + rules.run).join(' '));
  };
  const holds = (run: string): boolean => {
    const first = hashed(run);
    const step = (mixed(first) | 1) >>> 0;
    return Array.from({ length: rules.probes }, (_, probe) => (first + probe * step) % table.size).every(
      (place) => ((bits[place >>> 3]! >>> (place & 7)) & 1) === 1,
    );
  };
  return (own) => {
    const known = new Set(own.flatMap(runs));
    return (text) => runs(text).some((run) => known.has(run) || holds(run));
  };
}
