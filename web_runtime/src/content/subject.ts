/** Reads what posts are to be about: its title, and phrases of the user's own for drafts. The twin of `keras_models/content_subject.py`. */

import { type Token, type Tokenizer, type TokenKind, wordKey } from '../text/tokens.js';

/** Constants of the manifest. */
export interface SubjectRules {
  /** Tokens of a phrase, of a part from its middle, and of a title at most. */
  readonly longestPhrase: number;
  readonly longestPart: number;
  readonly longestTitle: number;
  /** Double quotation marks. */
  readonly quotation: readonly string[];
  /** Kinds of tokens that a phrase keeps, and marks that may stand in it. */
  readonly kept: readonly TokenKind[];
  readonly innerMarks: readonly string[];
  /** Names of days and months, which are no titles. */
  readonly calendar: readonly string[];
  /** A phrase may end before these. */
  readonly joints: readonly string[];
  /** A part may begin at these where a joint stands before them. */
  readonly openers: readonly string[];
  /** Words that tell nothing of a subject. */
  readonly little: readonly string[];
}

/** What posts are to be about. */
export interface Subject {
  /** Phrases of the subject that may stand as a sentence, the whole first; none where the subject says nothing. */
  readonly phrases: readonly string[];
  /** Its title in quotation marks; empty where there is none. */
  readonly title: string;
  readonly links: readonly string[];
  readonly mentions: readonly string[];
  readonly tags: readonly string[];
  /** Whether a text has all words of the title and, where that is in no quotation marks, half of those that tell something. */
  isNamedIn(text: string): boolean;
}

interface Piece {
  readonly kind: TokenKind | 'title';
  readonly text: string;
  readonly spaced: boolean;
}

type Span = readonly [number, number];

/** Makes the reader of subjects; `dangling` are words that no sentence ends on, `firstPerson` forms of "I". */
export function subjectsOf(
  rules: SubjectRules,
  { dangling, firstPerson }: { readonly dangling: readonly string[]; readonly firstPerson: readonly string[] },
  tokenize: Tokenizer,
): (about: string) => Subject {
  const [joints, openers, little] = [new Set(rules.joints), new Set(rules.openers), new Set(rules.little)];
  const noEnds = new Set([...dangling, ...rules.innerMarks]);
  const noNames = new Set([...rules.calendar, ...firstPerson]);
  const isQuotation = (token: Token | undefined): boolean => token !== undefined && rules.quotation.includes(token.text);

  /** Runs of words, numbers and inner marks; what stands in double quotation marks is one token, a title. */
  const piecesOf = (tokens: readonly Token[]): Piece[][] => {
    const pieces: Piece[][] = [[]];
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at]!;
      const ends = isQuotation(token) ? tokens.slice(at + 2, at + rules.longestTitle + 2).findIndex(isQuotation) : -1;
      const inner = tokens.slice(at + 1, at + 2 + ends);
      if (ends >= 0 && inner.every(({ kind }) => kind === 'word' || kind === 'number')) {
        pieces.at(-1)!.push({ kind: 'title', text: `"${written(inner)}"`, spaced: token.spaced });
        at += ends + 2;
      } else if (rules.kept.includes(token.kind) || rules.innerMarks.includes(token.text)) pieces.at(-1)!.push(token);
      else pieces.push([]);
    }
    return pieces.filter((piece) => piece.some(({ kind }) => kind === 'word' || kind === 'title')).map(trimmed);
  };

  /** A piece from its first to its last token that is no mark, of the length that is read, and of whole words in any script. */
  const trimmed = (piece: readonly Piece[]): Piece[] => {
    const isWord = ({ kind }: Piece): boolean => kind !== 'mark';
    const first = piece.findIndex(isWord);
    const end = piece.findIndex(({ spaced }, at) => spaced && at >= first + rules.longestPhrase);
    const read = piece.slice(first, end < 0 ? undefined : end);
    return read.slice(0, read.findLastIndex(isWord) + 1);
  };

  const tellingWords = (piece: readonly Piece[]): Set<string> =>
    new Set(piece.filter(({ kind, text }) => kind === 'word' && !little.has(wordKey(text))).map(({ text }) => wordKey(text)));

  /** From where to where the title stands: in quotation marks, else the longest run of names; [0, 0] where there is none. */
  const titleOf = (piece: readonly Piece[]): Span => {
    const quoted = piece.findIndex(({ kind }) => kind === 'title');
    if (quoted >= 0) return [quoted, quoted + 1];
    let best: Span = [0, 0];
    let start = 0;
    piece.forEach(({ kind, text }, at) => {
      const [first] = text;
      const isName = kind === 'word' && first !== first!.toLowerCase() && !noNames.has(wordKey(text));
      const length = at + 1 - start;
      if (!isName) start = at + 1;
      // Every text begins with a capital: one word there is no name.
      else if (length > Math.max(best[1] - best[0], Number(start === 0)) && length <= rules.longestTitle) best = [start, at + 1];
    });
    return best;
  };

  /** The first piece with a quoted title, else with the longest name, else with the most words that tell something. */
  const tellingPiece = (pieces: readonly Piece[][]): readonly Piece[] => {
    const telling = (piece: readonly Piece[]): number[] => {
      const [start, end] = titleOf(piece);
      return [Number(piece.some(({ kind }) => kind === 'title')), end - start, tellingWords(piece).size];
    };
    return pieces.reduce<readonly Piece[]>((best, piece) => (best.length === 0 || isMore(telling(piece), telling(best)) ? piece : best), []);
  };

  /** Whether a part of a phrase may stand alone: it ends on no little word, and one from the middle is short and of one piece. */
  const stands = (keys: readonly string[], opens: boolean): boolean =>
    !noEnds.has(keys.at(-1)!) && (opens || (keys.length <= rules.longestPart && !keys.some((key) => joints.has(key))));

  const phrasesOf = (whole: readonly Piece[], title: Span, isNamedIn: (text: string) => boolean): string[] => {
    const keys = whole.map(({ text }) => wordKey(text));
    const places = [...keys.keys()];
    const opens = (at: number): boolean => at === 0 || at === title[0];
    const starts = places.filter((at) => opens(at) || (openers.has(keys[at]!) && joints.has(keys[at - 1]!)));
    const ends = places.map((at) => at + 1).filter((at) => at === whole.length || at === title[1] || joints.has(keys[at]!));
    const parts = starts.flatMap((start) => ends.filter((end) => end > start && stands(keys.slice(start, end), opens(start))).reverse().map((end) => [start, end]));
    const phrases = parts.map(([start, end]) => written(whole.slice(start, end))).filter(isNamedIn);
    return [...new Set(whole.length > 0 ? [written(whole), ...phrases] : phrases)];
  };

  return (about) => {
    const tokens = tokenize(about);
    const whole = tellingPiece(piecesOf(tokens));
    const title = titleOf(whole);
    const name = tokenize(written(whole.slice(...title))).filter(({ kind }) => kind === 'word');
    const named = new Set(name.map(({ text }) => wordKey(text)));
    const isQuoted = whole.some(({ kind }) => kind === 'title');
    const telling = isQuoted ? new Set<string>() : tellingWords(whole);
    const isNamedIn = (text: string): boolean => {
      const words = new Set(tokenize(text).map((token) => wordKey(token.text)));
      const has = (word: string): boolean => words.has(word);
      return [...named].every(has) && 2 * [...telling].filter(has).length >= telling.size;
    };
    const ofKind = (wanted: TokenKind): string[] => [...new Set(tokens.filter(({ kind }) => kind === wanted).map(({ text }) => text))];
    return {
      phrases: phrasesOf(whole, isQuoted || named.size > 1 ? title : [0, 0], isNamedIn),
      title: whole.find(({ kind }) => kind === 'title')?.text ?? '',
      links: ofKind('link'),
      mentions: ofKind('mention'),
      tags: tokens.filter(({ kind }) => kind === 'hashtag').map(({ text }) => `#${text.slice(1)}`),
      isNamedIn,
    };
  };
}

/** The tokens as they stand in the text, with one blank where there were any. */
function written(pieces: readonly Piece[]): string {
  return pieces.map(({ text, spaced }, at) => (spaced && at > 0 ? ` ${text}` : text)).join('');
}

/** Whether one row of numbers comes after another. */
function isMore(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at >= 0 && one[at]! > other[at]!;
}
