/** Finds hashtags, emoji, links and words with the manifest's regular expressions, which Python runs as they stand. */

/** Sources by name, as the manifest's `preprocessing.patterns` holds them. */
export type PatternSources = Readonly<Record<'hashtag' | 'emoji' | 'link' | 'word' | 'sentence' | 'exclamation' | 'question', string>>;

/** What is counted in texts. */
export interface TextScanner {
  /** Hashtags in their order, lower case, without the sign. */
  hashtags(text: string): string[];
  /** Words of a text without its links, lower case, in their order. */
  words(text: string): string[];
  /** Emoji as a person sees them: a flag, a keycap or a joined family counts once. */
  emojiCount(text: string): number;
  /** Matches of one pattern. */
  count(name: 'link' | 'exclamation' | 'question', text: string): number;
  /** LIX: words per sentence, and the percentage of words of more than six characters; 0 without words (Björnsson, 1968). */
  readability(text: string): number;
}

const LONG_WORD = 6;
const NOT_ASCII = /[^\0-\x7f]/;

/** Compiles the manifest's patterns. */
export function textScanner(sources: PatternSources): TextScanner {
  const compile = (name: keyof PatternSources): RegExp => new RegExp(sources[name], 'gu');
  const [hashtag, emoji, link, word, sentence] = [compile('hashtag'), compile('emoji'), compile('link'), compile('word'), compile('sentence')];
  const marks = { link, exclamation: compile('exclamation'), question: compile('question') };
  const matches = (pattern: RegExp, text: string): string[] => text.match(pattern) ?? [];
  return {
    hashtags: (text) => Array.from(text.matchAll(hashtag), (match) => match[1]!.toLowerCase()),
    words: (text) => matches(word, text.replace(link, ' ').toLowerCase()),
    emojiCount: (text) => (NOT_ASCII.test(text) ? matches(emoji, text).length : 0),
    count: (name, text) => matches(marks[name], text).length,
    readability: (text) => {
      const plain = text.replace(link, ' ');
      const lengths = matches(word, plain).map(characters);
      if (lengths.length === 0) return 0;
      const sentences = Math.max(matches(sentence, plain).length, 1);
      return lengths.length / sentences + (100 * lengths.filter((length) => length > LONG_WORD).length) / lengths.length;
    },
  };
}

/** Length of a text in Unicode characters, as Python counts. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
