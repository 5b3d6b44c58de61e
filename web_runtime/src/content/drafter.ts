/** Drafts posts in the layout of a voice's own. The twin of `Drafter` in `keras_models/content_drafter.py`. */

import { type Tokenizer, wordCounts } from '../text/tokens.js';
import { clamped, type Constraints, keptOf } from './constraints.js';
import { type DraftTagRules, draftTagsOf, pickedOf } from './draft-tags.js';
import type { Guard } from './guard.js';
import type { Hashtags } from './hashtags.js';
import { isWellFormed, type Kind, laidOut, layoutOf, type LayoutRules } from './layout.js';
import type { Random } from './random.js';
import type { Slots } from './slots.js';
import type { Subject } from './subject.js';
import type { Voice } from './voice.js';
import type { Writer } from './writer.js';

/** Constants of the manifest. */
export interface DraftRules extends LayoutRules, DraftTagRules {
  /** Signs before this code point, such as a copyright sign, are emoji by Unicode alone. */
  readonly firstEmoji: number;
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
  /** Writers of the pack's sentences and those of texts, or of those of texts alone. */
  readonly writers: Readonly<Record<'learned' | 'own', (texts: readonly string[], slots: Slots) => Writer>>;
  readonly slots: (texts: readonly string[], title: string) => Slots;
  readonly subject: (about: string) => Subject;
  readonly isEnglish: (texts: readonly string[]) => boolean;
  /** The languages that the pack has learned. */
  readonly languages: readonly string[];
  /** Emoji of the pack, the most frequent first. */
  readonly emoji: readonly string[];
  /** Word -> emoji that stand beside it beyond chance. */
  readonly emojiNear: ReadonlyMap<string, readonly string[]>;
}

/** Drafts posts and judges whether they may go out. */
export interface Drafter {
  /** Whether voice or subject are of a language that the pack has not learned: only their own words are used then. */
  readonly isForeign: boolean;
  /** A text in the layout of one of the voice's posts; null where no sentence came about. */
  draft(random: Random): string | null;
  /** Whether a text keeps every constraint, is well-formed, and repeats nobody. */
  holds(text: string): boolean;
}

/** Makes the drafter of a voice, a subject and constraints. */
export function drafterOf(rules: DraftRules, parts: DraftParts, voice: Voice, about: string, constraints: Constraints): Drafter {
  const { tokenize, normalize } = parts;
  const { texts } = voice;
  const kept = keptOf(constraints, parts, rules.mostTags);
  const read = parts.subject(about);
  const subject: Subject | null = read.phrases.length === 0 ? null : read;
  const repeats = parts.guard(texts);
  const layouts = texts.length > 0 ? texts.map((text) => layoutOf(tokenize(text), rules)) : [[['line', 1] as const]];
  const links = [...new Set([...kept.mustBe('link'), ...kept.allowed(read.links)])];
  const mustMention = kept.mustBe('mention');
  const mentions = [...new Set([...mustMention, ...kept.allowed(read.mentions)])];
  const tags = draftTagsOf(rules, parts, voice, { about, asked: read.tags }, kept);
  const emoji = kept.allowed(emojiOf(rules, parts, voice, about)).slice(0, rules.candidates);
  const [isOwn, isTold] = [parts.isEnglish(texts), parts.isEnglish([about])];
  const { language } = constraints;
  const isForeign = (language === undefined || !parts.languages.includes(language)) && (language !== undefined || !isOwn || !isTold);
  // Sentences of two languages do not mix.
  const own = isOwn !== isForeign ? texts : [];
  const writer = parts.writers[isForeign ? 'own' : 'learned'](own, parts.slots([about, ...kept.must], read.title));

  const share = (name: string): number => voice.style[name]!.mean;

  const cased = (line: string): string => {
    if (share('all_lower_case') > rules.casing.lower) return line.toLowerCase();
    if (share('shouted_words') > rules.casing.shouted) return line.toUpperCase();
    if (share('capitalised_words') > rules.casing.titled) return line.split(' ').map(capitalised).join(' ');
    return share('lower_case_start') > rules.casing.lowerStart ? line : capitalised(line);
  };

  /** A line in the voice's casing and with its exclamation marks; links and mentions stay as they are. */
  const voiced = (line: string): string => {
    const loud = share('repeated_exclamations') > rules.repeated ? line.replaceAll('!', '!!') : line;
    return [...links, ...mentions].reduce((text, each) => text.replaceAll(cased(each), () => each), cased(loud));
  };

  /** A line that another follows ends in a mark, which a link would take in. */
  const ended = (line: string): string => ('.!?'.includes(line.at(-1)!) || links.includes(line.split(' ').at(-1)!) ? line : `${line}.`);

  /** Sentences as the voice writes them, each once and each but the last with an end mark; null where one did not come about. */
  const linesOf = (random: Random, usual: number): string[] | null => {
    // A subject alone makes a short post: often a sentence goes with it.
    const count = subject === null ? usual : Math.min(usual + random.below(3), rules.mostSentences);
    const place = subject === null ? -1 : Math.floor(random.below(count) / 2);
    const lines: (string | null)[] = [];
    for (let at = 0; at < count; at += 1)
      lines.push(subject === null ? writer.free(random) : at === place ? writer.about(random, subject) : writer.beside(random));
    const written = lines.filter((line) => line !== null);
    if ((subject === null && written.length < count) || saysTwice(written)) return null;
    const whole = written.map(voiced);
    const missing = kept.mustBe('').filter((each) => !whole.some((line) => line.includes(each)));
    if (missing.length > 0) whole.push(missing.join(' '));
    return [...whole.slice(0, -1).map(ended), whole.at(-1)!];
  };

  const draft = (random: Random): string | null => {
    const layout = layouts[random.below(layouts.length)]!;
    const usual = (wanted: Kind): number => layout.reduce((total, [kind, count]) => total + (kind === wanted ? count : 0), 0);
    const lines = linesOf(random, usual('line'));
    if (lines === null) return null;
    const picked = pickedOf(random, emoji, clamped(usual('emoji'), kept.emoji));
    const said = new Set(links.length + mentions.length > 0 ? lines.flatMap(tokenize).map(({ text }) => text) : []);
    const named = mentions.slice(0, Math.max(mustMention.length, usual('mention')));
    const unsaid = (some: readonly string[]): string[] => some.filter((each) => !said.has(each));
    return laidOut(layout, { line: lines, emoji: picked, mention: unsaid(named), link: unsaid(links), hashtags: tags(random, usual('hashtags')) });
  };

  const holds = (text: string): boolean =>
    kept.areKeptBy(text) &&
    (subject === null || subject.isNamedIn(text)) &&
    text === normalize(text) &&
    isWellFormed(text, tokenize(text)) &&
    !texts.includes(text) &&
    !repeats(text);

  return { isForeign, draft, holds };
}

/** Emoji of the voice, or of the pack where it has none; those that go with the subject's words first. */
function emojiOf({ firstEmoji }: DraftRules, { tokenize, emoji, emojiNear }: DraftParts, voice: Voice, about: string): string[] {
  const used = voice.emoji.length > 0 ? voice.emoji.map(({ text }) => text) : emoji;
  const near = new Set([...wordCounts(tokenize(about)).keys()].flatMap((word) => [...(emojiNear.get(word) ?? [])]));
  const shown = used.filter((each) => each.codePointAt(0)! >= firstEmoji);
  return [...shown.filter((each) => near.has(each)), ...shown.filter((each) => !near.has(each))];
}

/** Whether all words of one line stand in another. */
function saysTwice(lines: readonly string[]): boolean {
  const words = lines.map((line) => new Set(line.toLowerCase().replace(/[.!?]+$/u, '').split(' ')));
  return words.some((one, at) => words.some((other, place) => at !== place && [...one].every((word) => other.has(word))));
}

function capitalised(line: string): string {
  const [first] = line;
  return first!.toUpperCase() + line.slice(first!.length);
}
