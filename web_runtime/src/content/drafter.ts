/** Drafts posts in the shape of a voice's own, under constraints. The twin of `Drafter` in `keras_models/content_generation.py`. */

import type { Token, Tokenizer } from '../text/tokens.js';
import type { Guard } from './guard.js';
import { type Hashtag, type Hashtags, tagKey } from './hashtags.js';
import type { Random } from './random.js';
import type { Voice } from './voice.js';
import { sentencesOf, type Subject, type Writer } from './writer.js';

/** Least and most of something. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** What every variant must keep. */
export interface Constraints {
  /** Characters at most, as JavaScript counts them. */
  readonly maxLength?: number;
  /** How many hashtags: exactly so many, some or none, or a range. */
  readonly hashtags?: number | boolean | Range;
  /** How many emoji. */
  readonly emoji?: number | boolean | Range;
  /** Texts that stand in every variant to the letter; a hashtag or link among them is put where such things stand. */
  readonly mustInclude?: readonly string[];
  /** Texts that stand in none, in upper or lower case. */
  readonly forbid?: readonly string[];
  /** ISO code; only the languages of the manifest can be kept. */
  readonly language?: string;
}

/** Constants of the manifest. */
export interface DraftRules {
  readonly mostSentences: number;
  readonly mostEmoji: number;
  readonly mostTags: number;
  readonly candidates: number;
  /** Shares of a voice from which its casing is taken over. */
  readonly casing: { readonly lower: number; readonly shouted: number; readonly titled: number; readonly lowerStart: number };
}

/** What a drafter works with. */
export interface DraftParts {
  readonly tokenize: Tokenizer;
  readonly normalize: (text: string) => string;
  readonly hashtags: Hashtags;
  readonly guard: Guard;
  readonly writer: (texts: readonly string[]) => Writer;
  /** Emoji of the pack, the most frequent first. */
  readonly emoji: readonly string[];
}

/** Drafts posts and judges whether they may go out. */
export interface Drafter {
  /** A text in the shape of one of the voice's posts; null where no sentence came about. */
  draft(random: Random): string | null;
  /** Whether a text keeps every constraint, is well-formed, and repeats nobody. */
  holds(text: string): boolean;
}

type Bounds = readonly [number, number] | null;

const MOST = 30;
const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '“': '”', '«': '»' };
const CLOSING = Object.values(PAIRS);

/** Makes the drafter of a voice, a subject and constraints. */
export function drafterOf(rules: DraftRules, parts: DraftParts, voice: Voice, about: string, constraints: Constraints): Drafter {
  const { tokenize, normalize } = parts;
  const { texts } = voice;
  const writer = parts.writer(texts);
  const read = writer.subject(about);
  const subject: Subject | null = read.title === '' ? null : read;
  const repeats = parts.guard(texts);
  const [tagBounds, emojiBounds] = [boundsOf(constraints.hashtags, rules), boundsOf(constraints.emoji, rules)];
  const must = (constraints.mustInclude ?? []).map(normalize);
  const forbidden = (constraints.forbid ?? []).map((each) => normalize(each).toLowerCase());
  const shapes = texts.length > 0 ? texts.map((text) => shapeOf(tokenize(text), rules)) : [[1, 0, 0] as const];
  const allowed = (candidates: readonly string[]): string[] =>
    candidates.filter((each) => !forbidden.some((other) => each.toLowerCase().includes(other)));
  const asked = tokenize(about).filter(({ kind }) => kind === 'hashtag').map(({ text }) => `#${text.slice(1)}`);
  const suggested = parts.hashtags.suggest(about, texts.map(parts.hashtags.tagged), rules.candidates);
  const suited = allowed([...asked, ...suggested.filter(suits).map(({ tag }) => tag)]);
  // Only where nothing else is at hand, what many use will do.
  const tags = suited.length > 0 ? suited : allowed(suggested.map(({ tag }) => tag));
  const emoji = allowed(voice.emoji.length > 0 ? voice.emoji.map(({ text }) => text) : parts.emoji).slice(0, rules.candidates);
  const kindOf = (text: string): string => {
    const tokens = tokenize(text);
    return tokens.length === 1 && ['hashtag', 'link', 'mention'].includes(tokens[0]!.kind) && tokens[0]!.text === text ? tokens[0]!.kind : '';
  };
  const mustTags = must.filter((each) => kindOf(each) === 'hashtag');
  const mustTail = must.filter((each) => ['link', 'mention'].includes(kindOf(each)));
  const mustLines = must.filter((each) => kindOf(each) === '');

  const cased = (line: string): string => {
    const share = (name: string): number => voice.style[name]!.mean;
    if (share('all_lower_case') > rules.casing.lower) return line.toLowerCase();
    if (share('shouted_words') > rules.casing.shouted) return line.toUpperCase();
    if (share('capitalised_words') > rules.casing.titled) return line.split(' ').map(capitalised).join(' ');
    return share('lower_case_start') > rules.casing.lowerStart ? line : capitalised(line);
  };

  const draft = (random: Random): string | null => {
    const [sentences, wantedEmoji, wantedTags] = shapes[random.below(shapes.length)]!;
    const lines: string[] = [];
    for (let place = 0; place < sentences; place += 1) {
      const line = place === 0 && subject !== null ? writer.about(random, subject) : writer.free(random);
      if (line === null || lines.includes(line)) return null;
      lines.push(line);
    }
    const body = lines.map((line, place) => cased(place + 1 < lines.length ? ended(line) : line)).join(' ');
    const whole = [body, ...mustLines.filter((each) => !body.includes(each))].join(' ');
    const pickedEmoji = picked(random, emoji, clamped(wantedEmoji, emojiBounds));
    const keys = new Set(mustTags.map(tagKey));
    const free = tags.filter((tag) => !keys.has(tagKey(tag)));
    const listed = [...mustTags, ...picked(random, free, Math.max(clamped(wantedTags, tagBounds) - mustTags.length, 0))];
    return [whole, pickedEmoji.join(''), ...mustTail, listed.join(' ')].filter((part) => part !== '').join(' ');
  };

  const holds = (text: string): boolean => {
    const tokens = tokenize(text);
    const lower = text.toLowerCase();
    const counted = (kind: string): number => tokens.filter((token) => token.kind === kind).length;
    return (
      (constraints.maxLength === undefined || text.length <= constraints.maxLength) &&
      within(counted('hashtag'), tagBounds) &&
      within(counted('emoji'), emojiBounds) &&
      must.every((each) => text.includes(each)) &&
      !forbidden.some((each) => lower.includes(each)) &&
      text === normalize(text) &&
      isWellFormed(text, tokens) &&
      !texts.includes(text) &&
      !repeats(text)
    );
  };

  return { draft, holds };
}

/** Whether quotation marks and brackets are balanced, every sign of a hashtag has its tag, and no blank or half emoji is left. */
function isWellFormed(text: string, tokens: readonly Token[]): boolean {
  const open: string[] = [];
  for (const character of text) {
    if (Object.hasOwn(PAIRS, character)) open.push(PAIRS[character]!);
    else if (CLOSING.includes(character) && open.pop() !== character) return false;
  }
  const signs = text.split(/[#＃]/u).length - 1;
  const tags = tokens.filter((token) => token.kind === 'hashtag' || (['link', 'emoji'].includes(token.kind) && token.text.includes('#')));
  const isPlain = !text.includes('\ufffd') && !text.includes('  ') && !/^ | $/u.test(text) && tokens.length > 0;
  return isPlain && open.length === 0 && (text.split('"').length - 1) % 2 === 0 && signs === tags.length;
}

/** Whether a hashtag is the voice's own, named in the subject, or common property that the subject's words call for. */
function suits({ reasons, breadth }: Hashtag): boolean {
  return reasons.includes('voice') || reasons.includes('named') || (breadth === 'broad' && ['words', 'beside'].includes(reasons[0]!));
}

/** A line that another follows ends in a mark. */
function ended(line: string): string {
  return '.!?'.includes(line.at(-1)!) ? line : `${line}.`;
}

function capitalised(line: string): string {
  const [first] = line;
  return first!.toUpperCase() + line.slice(first!.length);
}

/** Sentences, emoji and hashtags of a post, within what a draft may have. */
function shapeOf(tokens: readonly Token[], rules: DraftRules): readonly [number, number, number] {
  const counted = (kind: string): number => tokens.filter((token) => token.kind === kind).length;
  const spoken = sentencesOf(tokens).filter(({ sentence }) => sentence.some(({ kind }) => kind === 'word')).length;
  const sentences = Math.min(Math.max(spoken, 1), rules.mostSentences);
  return [sentences, Math.min(counted('emoji'), rules.mostEmoji), Math.min(counted('hashtag'), rules.mostTags)];
}

/** Some candidates, each once, the earlier ones more often. */
function picked(random: Random, candidates: readonly string[], count: number): string[] {
  const left = [...candidates];
  const chosen: string[] = [];
  while (left.length > 0 && chosen.length < count) {
    const weights = left.map((_, place) => left.length - place);
    chosen.push(...left.splice(random.weighted(weights), 1));
  }
  return chosen;
}

function boundsOf(wanted: number | boolean | Range | undefined, { mostTags }: DraftRules): Bounds {
  if (wanted === undefined) return null;
  if (typeof wanted === 'boolean') return wanted ? [1, mostTags] : [0, 0];
  return typeof wanted === 'number' ? [wanted, wanted] : [wanted.min ?? 0, wanted.max ?? MOST];
}

function clamped(count: number, bounds: Bounds): number {
  return bounds === null ? count : Math.min(Math.max(count, bounds[0]), bounds[1]);
}

function within(count: number, bounds: Bounds): boolean {
  return bounds === null || (bounds[0] <= count && count <= bounds[1]);
}
