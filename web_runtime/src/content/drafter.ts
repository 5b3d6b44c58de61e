/** Drafts posts in the layout of a voice's own, under constraints. The twin of `Drafter` in `keras_models/content_drafter.py`. */

import { type Tokenizer, wordCounts } from '../text/tokens.js';
import type { Guard } from './guard.js';
import { type Hashtag, type Hashtags, tagKey } from './hashtags.js';
import { isWellFormed, type Kind, laidOut, layoutOf, type LayoutRules } from './layout.js';
import type { Random } from './random.js';
import type { Voice } from './voice.js';
import type { Subject } from './subject.js';
import type { Writer } from './writer.js';

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
export interface DraftRules extends LayoutRules {
  readonly candidates: number;
  /** Signs before this code point, such as a copyright sign, are emoji by Unicode alone. */
  readonly firstEmoji: number;
  /** Posts of the voice with a hashtag that suits any of its posts. */
  readonly habit: number;
  /** Share of a voice's posts with repeated exclamation marks from which they are taken over. */
  readonly repeated: number;
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
  readonly subject: (about: string) => Subject;
  /** Emoji of the pack, the most frequent first. */
  readonly emoji: readonly string[];
  /** Word -> emoji that stand beside it beyond chance. */
  readonly emojiNear: ReadonlyMap<string, readonly string[]>;
}

/** Drafts posts and judges whether they may go out. */
export interface Drafter {
  /** A text in the layout of one of the voice's posts; null where no sentence came about. */
  draft(random: Random): string | null;
  /** Whether a text keeps every constraint, is well-formed, and repeats nobody. */
  holds(text: string): boolean;
}

type Bounds = readonly [number, number] | null;

const MOST = 30;

/** Makes the drafter of a voice, a subject and constraints. */
export function drafterOf(rules: DraftRules, parts: DraftParts, voice: Voice, about: string, constraints: Constraints): Drafter {
  const { tokenize, normalize } = parts;
  const { texts } = voice;
  const writer = parts.writer(texts);
  const read = parts.subject(about);
  const subject: Subject | null = read.phrases.length === 0 ? null : read;
  const repeats = parts.guard(texts);
  const [tagBounds, emojiBounds] = [boundsOf(constraints.hashtags, rules), boundsOf(constraints.emoji, rules)];
  const must = (constraints.mustInclude ?? []).map(normalize);
  const forbidden = (constraints.forbid ?? []).map((each) => normalize(each).toLowerCase());
  const allowed = (candidates: readonly string[]): string[] =>
    candidates.filter((each) => !forbidden.some((other) => each.toLowerCase().includes(other)));
  const layouts = texts.length > 0 ? texts.map((text) => layoutOf(tokenize(text), rules)) : [[['line', 1] as const]];
  const kindOf = (text: string): string => {
    const tokens = tokenize(text);
    return tokens.length === 1 && ['hashtag', 'link', 'mention'].includes(tokens[0]!.kind) && tokens[0]!.text === text ? tokens[0]!.kind : '';
  };
  const mustLines = must.filter((each) => kindOf(each) === '');
  const links = [...new Set([...must.filter((each) => ['link', 'mention'].includes(kindOf(each))), ...allowed(read.links)])];
  const used = voice.emoji.length > 0 ? voice.emoji.map(({ text }) => text) : parts.emoji;
  const near = new Set([...wordCounts(tokenize(about)).keys()].flatMap((word) => [...(parts.emojiNear.get(word) ?? [])]));
  const shown = used.filter((each) => each.codePointAt(0)! >= rules.firstEmoji);
  const sorted = [...shown.filter((each) => near.has(each)), ...shown.filter((each) => !near.has(each))];
  const emoji = allowed(sorted).slice(0, rules.candidates);
  const mustTags = must.filter((each) => kindOf(each) === 'hashtag');
  const most = tagBounds === null ? rules.mostTags : tagBounds[1];
  const asked = allowed(read.tags).slice(0, Math.max(most - mustTags.length, 0));
  const tags = tagsOf(rules, parts, voice, about, { given: [...mustTags, ...asked], hasSubject: subject !== null, allowed });

  const share = (name: string): number => voice.style[name]!.mean;

  /** A line in the voice's casing and with its exclamation marks. */
  const voiced = (line: string): string => cased(share('repeated_exclamations') > rules.repeated ? line.replaceAll('!', '!!') : line);

  const cased = (line: string): string => {
    if (share('all_lower_case') > rules.casing.lower) return line.toLowerCase();
    if (share('shouted_words') > rules.casing.shouted) return line.toUpperCase();
    if (share('capitalised_words') > rules.casing.titled) return line.split(' ').map(capitalised).join(' ');
    return share('lower_case_start') > rules.casing.lowerStart ? line : capitalised(line);
  };

  /** Sentences as the voice writes them, each once and each but the last with an end mark; null where one did not come about. */
  const linesOf = (random: Random, usual: number): string[] | null => {
    // A subject alone makes a short post: often a sentence goes with it.
    const count = subject === null ? usual : Math.min(usual + random.below(3), rules.mostSentences);
    const place = subject === null ? -1 : Math.floor(random.below(count) / 2);
    const written: (string | null)[] = [];
    for (let at = 0; at < count; at += 1)
      written.push(subject === null ? writer.free(random) : at === place ? writer.about(random, subject) : writer.beside(random));
    const lines = written.filter((line) => line !== null);
    if (lines.length < count || new Set(lines).size < count) return null;
    const whole = lines.map(voiced);
    const missing = mustLines.filter((each) => !whole.some((line) => line.includes(each)));
    if (missing.length > 0) whole.push(missing.join(' '));
    return [...whole.slice(0, -1).map(ended), whole.at(-1)!];
  };

  const draft = (random: Random): string | null => {
    const layout = layouts[random.below(layouts.length)]!;
    const usual = (wanted: Kind): number => layout.reduce((total, [kind, count]) => total + (kind === wanted ? count : 0), 0);
    const lines = linesOf(random, usual('line'));
    if (lines === null) return null;
    const pickedEmoji = picked(random, emoji, clamped(usual('emoji'), emojiBounds));
    const pickedTags = tags(random, clamped(usual('hashtags'), tagBounds), tagBounds === null ? 0 : tagBounds[0]);
    return laidOut(layout, { line: lines, emoji: pickedEmoji, link: links, hashtags: pickedTags });
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
      (subject === null || subject.isNamedIn(text)) &&
      text === normalize(text) &&
      isWellFormed(text, tokens) &&
      !texts.includes(text) &&
      !repeats(text)
    );
  };

  return { draft, holds };
}

/** Makes what picks hashtags: the given ones, and others that suit; for want of those, what many use. */
function tagsOf(
  rules: DraftRules,
  { hashtags }: DraftParts,
  voice: Voice,
  about: string,
  { given, hasSubject, allowed }: { readonly given: readonly string[]; readonly hasSubject: boolean; readonly allowed: (tags: readonly string[]) => string[] },
): (random: Random, usual: number, least: number) => string[] {
  const first = [...new Map([...given].reverse().map((tag) => [tagKey(tag), tag])).values()].reverse();
  const keys = new Set(first.map(tagKey));
  const suggested = hashtags.suggest(about, voice.texts.map(hashtags.tagged), rules.candidates).filter(({ tag }) => !keys.has(tagKey(tag)));
  const habits = new Set(voice.hashtags.filter(({ count }) => count >= (hasSubject ? rules.habit : 1)).map(({ text }) => tagKey(text)));
  const suited = allowed(suggested.filter((each) => habits.has(tagKey(each.tag)) || suits(each)).map(({ tag }) => tag));
  const others = allowed(suggested.map(({ tag }) => tag).filter((tag) => !suited.includes(tag)));
  return (random, usual, least) => {
    const more = picked(random, suited, usual - first.length);
    return [...first, ...more, ...picked(random, others, least - first.length - more.length)];
  };
}

/** Whether a hashtag is spelled out in the subject, or common property that the subject's words call for. */
function suits({ reasons, breadth }: Hashtag): boolean {
  return reasons.includes('named') || (breadth === 'broad' && ['words', 'beside'].includes(reasons[0]!));
}

/** A line that another follows ends in a mark. */
function ended(line: string): string {
  return '.!?'.includes(line.at(-1)!) ? line : `${line}.`;
}

function capitalised(line: string): string {
  const [first] = line;
  return first!.toUpperCase() + line.slice(first!.length);
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
