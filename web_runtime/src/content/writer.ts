/** Writes sentences: ready ones, phrases of a subject, Markov walks that a voice bends. The twin of `keras_models/content_writer.py`. */

import { type Tokenizer, wordKey } from '../text/tokens.js';
import type { Random } from './random.js';
import { joined, plainWords, sentencesOf } from './sentences.js';
import { hasSlots, type Slots } from './slots.js';
import type { Subject } from './subject.js';

/** Constants of the manifest. */
export interface WriterRules {
  /** How often a step of the voice counts. */
  readonly voice: number;
  readonly leastWords: number;
  readonly longestSentence: number;
  /** Words of a walk. */
  readonly longestWalk: number;
  /** Words of a phrase that may end in a full stop; a shorter one is called out. */
  readonly stated: number;
  /** Steps of a walk that may hang on one word only. */
  readonly backedOff: number;
  /** One sentence in so many is a walk, a frame, or ends in a full stop at choice. */
  readonly walked: number;
  readonly framed: number;
  readonly exclaimed: number;
  /** No sentence ends on these. */
  readonly dangling: readonly string[];
  /** Forms of "I". */
  readonly firstPerson: readonly string[];
}

/** What the pack learned of writing. */
export interface Writing {
  readonly words: readonly string[];
  /** [context word, next, count, next, count, ...], words by their place. */
  readonly bigrams: readonly (readonly number[])[];
  /** The same with two context words. */
  readonly trigrams: readonly (readonly number[])[];
  /** Ready sentences, and frames with slots such as `{title}`. */
  readonly templates: readonly string[];
}

/** Writes sentences of a pack and a voice, their slots filled with what a caller gave. */
export interface Writer {
  /** A sentence about a subject: a frame around its title, or a phrase of the subject's own. */
  about(random: Random, subject: Subject): string;
  /** A sentence that may stand beside the subject; null where the walk leads nowhere. */
  beside(random: Random): string | null;
  /** A sentence about nothing in particular; null where the walk leads nowhere. */
  free(random: Random): string | null;
}

interface Following {
  readonly words: string[];
  readonly counts: number[];
}

type Steps = ReadonlyMap<string, Following>;

const START = '^';
const END = '$';
const ENDINGS: readonly string[] = ['.', '!', '?', END];
const NOTHING: Following = { words: [], counts: [] };

/** What a pack holds that can write nothing. */
export const NOTHING_WRITTEN: Writing = { words: [], bigrams: [], trigrams: [], templates: [] };

/** Makes the writers of a pack, one a voice. */
export function writerOf(rules: WriterRules, writing: Writing, tokenize: Tokenizer): (texts: readonly string[], slots: Slots) => Writer {
  const known = new Set(writing.words);
  const dangling = new Set(rules.dangling);
  const pack = { 2: stepsOf(writing.bigrams, writing.words, 1), 3: stepsOf(writing.trigrams, writing.words, 2) };
  const lines = writing.templates.filter((template) => !hasSlots(template));
  const frames = writing.templates.filter(hasSlots);

  const usual = (word: string, place: number): string => {
    const key = wordKey(word);
    if (rules.firstPerson.includes(key)) return key[0]!.toUpperCase() + key.slice(1);
    const isShouted = [...word].length > 1 && word === word.toUpperCase();
    return (place === 0 || isShouted) && known.has(key) ? key : word;
  };

  const voiceSteps = (texts: readonly string[]): Readonly<Record<2 | 3, Steps>> => {
    const steps = { 2: new Map<string, Following>(), 3: new Map<string, Following>() };
    for (const { sentence, end } of texts.flatMap((text) => sentencesOf(tokenize(text)))) {
      // Words that no blank parts, as in Chinese, do not make a line again.
      const isParted = sentence.slice(1).every(({ kind, spaced }) => kind !== 'word' || spaced);
      const words = (isParted ? plainWords(sentence) : null) ?? [];
      if (words.length < rules.leastWords || words.length > rules.longestSentence) continue;
      const path = [START, START, ...words.map(usual), end || END];
      for (let at = 2; at < path.length; at += 1) {
        count(steps[2], path[at - 1]!, path[at]!, rules.voice);
        count(steps[3], `${path[at - 2]} ${path[at - 1]}`, path[at]!, rules.voice);
      }
    }
    return steps;
  };

  return (texts, slots) => {
    const [titled, others] = [slots.filled(frames, true), slots.filled(frames, false)];
    const voice = voiceSteps(texts);
    const next = (order: 2 | 3, context: string): Following => {
      const [learned, own] = [pack[order].get(context) ?? NOTHING, voice[order].get(context) ?? NOTHING];
      return { words: [...learned.words, ...own.words], counts: [...learned.counts, ...own.counts] };
    };
    const walk = (random: Random): string | null => {
      let [before, last] = [START, START];
      const words: string[] = [];
      let backedOff = 0;
      while (words.length <= rules.longestWalk) {
        let following = next(3, `${before} ${last}`);
        if (following.words.length === 0) {
          following = next(2, last);
          backedOff += 1;
        }
        if (following.words.length === 0 || backedOff > rules.backedOff) return null;
        const step = following.words[random.weighted(following.counts)]!;
        if (ENDINGS.includes(step)) {
          const isSound = words.length >= rules.leastWords && last !== ',' && !dangling.has(wordKey(last));
          return isSound ? joined(words) + (step === END ? '' : step) : null;
        }
        words.push(step);
        [before, last] = [last, step];
      }
      return null;
    };
    const about = (random: Random, { phrases }: Subject): string => {
      if (titled.length > 0 && random.below(rules.framed) === 0) return titled[random.below(titled.length)]!;
      // The whole first, and the earlier a phrase stands the more often.
      const phrase = phrases[random.weighted(phrases.map((_, at) => phrases.length - at))]!;
      const isStated = random.below(rules.exclaimed) > 0 && phrase.split(' ').length >= rules.stated;
      return phrase + (isStated ? '.' : '!');
    };
    const beside = (random: Random): string | null => {
      if (others.length > 0 && random.below(rules.framed) === 0) return others[random.below(others.length)]!;
      return lines.length > 0 ? lines[random.below(lines.length)]! : walk(random);
    };
    const free = (random: Random): string | null => (random.below(rules.walked) === 0 ? walk(random) : beside(random));
    return { about, beside, free };
  };
}

function stepsOf(rows: readonly (readonly number[])[], words: readonly string[], context: number): Steps {
  return new Map(
    rows.map((row) => {
      const following = row.slice(context);
      const isWord = (_: number, at: number): boolean => at % 2 === 0;
      const key = row.slice(0, context).map((at) => words[at]!).join(' ');
      return [key, { words: following.filter(isWord).map((at) => words[at]!), counts: following.filter((_, at) => at % 2 === 1) }];
    }),
  );
}

function count(steps: Map<string, Following>, context: string, word: string, by: number): void {
  const following = steps.get(context) ?? { words: [], counts: [] };
  const at = following.words.indexOf(word);
  if (at < 0) {
    following.words.push(word);
    following.counts.push(by);
  } else following.counts[at]! += by;
  steps.set(context, following);
}
