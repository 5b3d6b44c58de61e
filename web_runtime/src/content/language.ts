/** Tells whether texts are in the language that the pack learned, by function words. The twin of `keras_models/content_language.py`. */

import { type Tokenizer, wordKey } from '../text/tokens.js';

/** Constants of the manifest. */
export interface LanguageRules {
  /** More of the other language's function words than English ones. */
  readonly clear: number;
  /** Different words from which so small a share of English function words tells. */
  readonly enough: number;
  readonly fewest: number;
  /** Share of words with characters beyond ASCII from which others are meant. */
  readonly notAscii: number;
  /** Place of the other language's list among the lists of function words. */
  readonly other: number;
}

const NOT_ASCII = /[^\0-\x7f]/;

/** Makes what tells whether nothing speaks against English: few words never do. */
export function englishOf(rules: LanguageRules, functionWords: readonly (readonly string[])[], tokenize: Tokenizer): (texts: readonly string[]) => boolean {
  const english = new Set(functionWords.filter((_, at) => at !== rules.other).flat());
  const other = new Set(functionWords[rules.other]);
  return (texts) => {
    const words = texts.flatMap(tokenize).filter(({ kind }) => kind === 'word').map(({ text }) => wordKey(text));
    const counted = (holds: (word: string) => boolean): number => words.filter(holds).length;
    const own = counted((word) => english.has(word));
    const isSparse = new Set(words).size >= rules.enough && own < rules.fewest * words.length;
    return own + rules.clear > counted((word) => other.has(word)) && counted((word) => NOT_ASCII.test(word)) <= rules.notAscii * words.length && !isSparse;
  };
}
