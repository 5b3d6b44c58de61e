/**
 * Scores the sentiment of English social-media text by VADER's rules (Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for
 * Sentiment Analysis of Social Media Text", 2014), as the Python package `vaderSentiment` applies them, oddities included: its tables
 * come with the model, and the parity tests hold both to the same four decimals.
 */

/** The package's tables, as the model's data file holds them. */
export interface SentimentTables {
  /** Word or emoticon -> valence, -4 to 4. */
  readonly words: Readonly<Record<string, number>>;
  /** Emoji -> description, which is scored in its place. */
  readonly emoji: Readonly<Record<string, string>>;
  /** Word or words that raise or lower the next one's valence -> by how much. */
  readonly boosters: Readonly<Record<string, number>>;
  /** Phrase -> valence. */
  readonly idioms: Readonly<Record<string, number>>;
  /** Words that turn the next one's valence around. */
  readonly negations: readonly string[];
  /** What capitals add. */
  readonly capitals: number;
  /** What negation multiplies by. */
  readonly negation: number;
}

/** Text -> compound score, -1 to 1, four decimals. */
export type SentimentScorer = (text: string) => number;

// Python's white space and punctuation.
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const OUTER_SPACES = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/gu;
const isPunctuation = (character: string): boolean => /[!-/:-@[-`{-~]/.test(character);
const NORMALIZER = 15;

/** Makes a scorer of the package's tables. */
export function sentimentScorer(tables: SentimentTables): SentimentScorer {
  const words = new Map(Object.entries(tables.words));
  const emoji = new Map(Object.entries(tables.emoji));
  const boosters = new Map(Object.entries(tables.boosters));
  const idioms = new Map(Object.entries(tables.idioms));
  const negations = new Set(tables.negations);
  const { capitals, negation } = tables;
  const isNegation = (word: string): boolean => negations.has(word) || word.includes("n't");

  /** How a word before changes a valence. */
  const boost = (word: string, lower: string, valence: number, areCapitalsMixed: boolean): number => {
    const known = boosters.get(lower);
    if (known === undefined) return 0;
    const change = valence < 0 ? -known : known;
    if (!areCapitalsMixed || !isUpper(word)) return change;
    return valence > 0 ? change + capitals : change - capitals;
  };

  /** Turns a valence around where the word `distance` places before negates it. */
  const negated = (valence: number, lower: readonly string[], at: number, distance: number): number => {
    const [one, two, three] = [lower[at - 1]!, lower[at - 2]!, lower[at - 3]!];
    const isEmphasis = (word: string): boolean => word === 'so' || word === 'this';
    if (distance === 2) {
      if (two === 'never' && isEmphasis(one)) return valence * 1.25;
      if (two === 'without' && one === 'doubt') return valence;
    }
    if (distance === 3) {
      if ((three === 'never' && isEmphasis(two)) || isEmphasis(one)) return valence * 1.25;
      if (three === 'without' && (two === 'doubt' || one === 'doubt')) return valence;
    }
    return isNegation(lower[at - distance]!) ? valence * negation : valence;
  };

  const idiomatic = (valence: number, lower: readonly string[], at: number): number => {
    const phrase = (from: number, to: number): string => lower.slice(at + from, at + to + 1).join(' ');
    const before = [phrase(-1, 0), phrase(-2, 0), phrase(-2, -1), phrase(-3, -1), phrase(-3, -2)].find((each) => idioms.has(each));
    let result = before === undefined ? valence : idioms.get(before)!;
    if (lower.length - 1 > at) result = idioms.get(phrase(0, 1)) ?? result;
    if (lower.length - 1 > at + 1) result = idioms.get(phrase(0, 2)) ?? result;
    for (const each of [phrase(-3, -1), phrase(-3, -2), phrase(-2, -1)]) result += boosters.get(each) ?? 0;
    return result;
  };

  const valenceOf = (tokens: readonly string[], lower: readonly string[], at: number, areCapitalsMixed: boolean): number => {
    const word = lower[at]!;
    const own = words.get(word);
    if (own === undefined || boosters.has(word) || (word === 'kind' && lower[at + 1] === 'of')) return 0;
    let valence = word === 'no' && at !== lower.length - 1 && words.has(lower[at + 1]!) ? 0 : own;
    const isDenied = lower[at - 1] === 'no' || lower[at - 2] === 'no' || (lower[at - 3] === 'no' && ['or', 'nor'].includes(lower[at - 1]!));
    if (isDenied) valence = own * negation;
    if (areCapitalsMixed && isUpper(tokens[at]!)) valence += valence > 0 ? capitals : -capitals;
    for (let distance = 1; distance <= 3; distance += 1) {
      const before = lower[at - distance];
      if (before === undefined || words.has(before)) continue;
      valence += boost(tokens[at - distance]!, before, valence, areCapitalsMixed) * [1, 0.95, 0.9][distance - 1]!;
      valence = negated(valence, lower, at, distance);
      if (distance === 3) valence = idiomatic(valence, lower, at);
    }
    const isLeast = lower[at - 1] === 'least' && !words.has('least');
    return isLeast && !['at', 'very'].includes(lower[at - 2] ?? '') ? valence * negation : valence;
  };

  return (text) => {
    const plain = described(text, emoji).replace(OUTER_SPACES, '');
    const tokens = plain.split(SPACES).filter((token) => token !== '').map(stripped);
    if (tokens.length === 0) return 0;
    const lower = tokens.map((token) => token.toLowerCase());
    const shouted = tokens.filter(isUpper).length;
    const areCapitalsMixed = shouted > 0 && shouted < tokens.length;
    const valences = contrasted(lower.map((_, at) => valenceOf(tokens, lower, at, areCapitalsMixed)), lower.indexOf('but'));
    let sum = valences.reduce((total, valence) => total + valence, 0);
    const emphasis = emphasisOf(plain);
    if (sum !== 0) sum += sum > 0 ? emphasis : -emphasis;
    return Number((sum / Math.sqrt(sum * sum + NORMALIZER)).toFixed(4));
  };
}

/** The text with each emoji's description in its place. */
function described(text: string, emoji: ReadonlyMap<string, string>): string {
  let plain = '';
  let isAfterSpace = true;
  for (const character of text) {
    const description = emoji.get(character);
    plain += description === undefined ? character : (isAfterSpace ? '' : ' ') + description;
    isAfterSpace = description === undefined && character === ' ';
  }
  return plain;
}

/** A word without the punctuation around it; an emoticon, of which little would be left, as it is. */
function stripped(token: string): string {
  let start = 0;
  let end = token.length;
  while (start < end && isPunctuation(token[start]!)) start += 1;
  while (end > start && isPunctuation(token[end - 1]!)) end -= 1;
  const word = token.slice(start, end);
  return [...word].length <= 2 ? token : word;
}

/** What stands before a "but" counts half, what stands behind it half more; equal valences share the place of the first, as in the package. */
function contrasted(valences: number[], but: number): number[] {
  if (but < 0) return valences;
  for (let at = 0; at < valences.length; at += 1) {
    const valence = valences[at]!;
    const place = valences.indexOf(valence);
    if (place !== but) valences[place] = valence * (place < but ? 0.5 : 1.5);
  }
  return valences;
}

function emphasisOf(text: string): number {
  const exclamations = Math.min(text.split('!').length - 1, 4);
  const questions = text.split('?').length - 1;
  return exclamations * 0.292 + (questions > 3 ? 0.96 : questions > 1 ? questions * 0.18 : 0);
}

/** Python's `isupper`: some character is upper case, and none is lower or title case. */
function isUpper(word: string): boolean {
  return /\p{Uppercase}/u.test(word) && !/[\p{Lowercase}\p{Lt}]/u.test(word);
}
