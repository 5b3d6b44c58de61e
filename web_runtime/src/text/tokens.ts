/** Cuts posts into typed tokens with the manifest's regular expressions, the same ones as `datasets/tokens.py`. */

/** What a token is. */
export type TokenKind = 'link' | 'email' | 'mention' | 'hashtag' | 'date' | 'time' | 'phone' | 'number' | 'emoji' | 'word' | 'break' | 'mark';

/** One piece of a text. */
export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the normalized text. */
  readonly text: string;
  /** Whether white space stands before it. */
  readonly spaced: boolean;
}

/** Constants of the manifest. */
export interface TokenRules {
  /** Kind and regular expression, in the order in which they are tried. */
  readonly patterns: readonly (readonly [TokenKind, string])[];
  /** Character class of what no reader sees. */
  readonly unseen: string;
  /** Character class of white space. */
  readonly space: string;
}

/** Text -> its tokens; white space and what is left of broken emoji stand in none. */
export type Tokenizer = (text: string) => Token[];

/** Makes the function that gives a text its composed form (NFC), without characters that no reader sees. */
export function normalizer({ unseen }: TokenRules): (text: string) => string {
  const invisible = new RegExp(`[${unseen}]`, 'gu');
  return (text) => text.replace(invisible, '').normalize('NFC');
}

/** Compiles the manifest's patterns. */
export function tokenizer(rules: TokenRules): Tokenizer {
  const { patterns, space } = rules;
  const whole = new RegExp(patterns.map(([kind, pattern]) => `(?<${kind}>${pattern})`).join('|'), 'gu');
  const isSpace = new RegExp(`[${space}]`, 'u');
  const normalized = normalizer(rules);
  return (text) => {
    const plain = normalized(text);
    return Array.from(plain.matchAll(whole), (match): Token => {
      const kind = patterns.find(([name]) => match.groups![name] !== undefined)![0];
      return { kind, text: match[0], spaced: match.index === 0 || isSpace.test(plain[match.index - 1]!) };
    });
  };
}

/** How a word counts: lower case, with a straight apostrophe. */
export function wordKey(word: string): string {
  return word.toLowerCase().replaceAll('’', "'");
}

/** Words, hashtags and emoji with how often they stand in a text, in their order. */
export function wordCounts(tokens: readonly Token[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, text } of tokens) {
    if (kind !== 'word' && kind !== 'hashtag' && kind !== 'emoji') continue;
    const key = wordKey(text);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
