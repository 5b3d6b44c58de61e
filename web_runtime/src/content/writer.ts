/** Writes sentences: filled templates and Markov walks that a voice bends. The twin of `keras_models/content_writer.py`. */

import { type Token, type Tokenizer, wordKey } from '../text/tokens.js';
import type { Random } from './random.js';

/** Constants of the manifest. */
export interface WriterRules {
  /** How often a step of the voice counts. */
  readonly voice: number;
  /** One step in so many looks at one word only. */
  readonly backOff: number;
  readonly leastWords: number;
  readonly longestSentence: number;
  /** Pieces of a template that takes the subject. */
  readonly longestTitled: number;
  readonly longestTitle: number;
  readonly longestAbout: number;
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
  /** Sentences with slots such as `{title}`. */
  readonly templates: readonly string[];
}

/** What posts are to be about. */
export interface Subject {
  readonly title: string;
  /** What fills the slots. */
  readonly fills: ReadonlyMap<string, string>;
  /** The subject as it was put, where it is plain and short. */
  readonly line: string;
}

/** Writes sentences of a pack and a voice. */
export interface Writer {
  subject(about: string): Subject;
  /** A sentence about a subject: a template, or the subject's own words. */
  about(random: Random, subject: Subject): string;
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
const SLOTS: readonly string[] = ['date', 'time', 'number', 'link', 'mention'];
const NOTHING: Following = { words: [], counts: [] };
const SLOT = /\{(\w+)\}/g;

/** Tokens between line breaks, emoji and sentence ends, each with the mark that ends it. */
export function sentencesOf(tokens: readonly Token[]): { readonly sentence: Token[]; readonly end: string }[] {
  const sentences: { sentence: Token[]; end: string }[] = [];
  let current: Token[] = [];
  for (const token of tokens) {
    const { kind, text } = token;
    const ends = kind === 'mark' && '.!?…'.includes(text[0]!);
    if (!ends && kind !== 'break' && kind !== 'emoji') {
      current.push(token);
      continue;
    }
    const isMark = ends && ['.', '!', '!!', '!!!'].includes(text);
    if (current.length > 0) sentences.push({ sentence: current, end: text.includes('?') ? '?' : isMark ? text[0]! : '' });
    current = [];
  }
  return current.length > 0 ? [...sentences, { sentence: current, end: '' }] : sentences;
}

/** Makes the writers of a pack, one a voice. */
export function writerOf(rules: WriterRules, writing: Writing, tokenize: Tokenizer): (texts: readonly string[]) => Writer {
  const known = new Set(writing.words);
  const dangling = new Set(rules.dangling);
  const pack = { 2: stepsOf(writing.bigrams, writing.words, 1), 3: stepsOf(writing.trigrams, writing.words, 2) };
  const slots = writing.templates.map((template) => ({ template, wanted: Array.from(template.matchAll(SLOT), ([, slot]) => slot!) }));
  const plain = slots.filter(({ wanted }) => wanted.length === 0).map(({ template }) => template);
  const titled = slots.filter(({ template, wanted }) => wanted.includes('title') && template.split(' ').length <= rules.longestTitled);

  const usual = (word: string, place: number): string => {
    const key = wordKey(word);
    if (rules.firstPerson.includes(key)) return key[0]!.toUpperCase() + key.slice(1);
    const isShouted = [...word].length > 1 && word === word.toUpperCase();
    return (place === 0 || isShouted) && known.has(key) ? key : word;
  };

  const voiceSteps = (texts: readonly string[]): Readonly<Record<2 | 3, Steps>> => {
    const steps = { 2: new Map<string, Following>(), 3: new Map<string, Following>() };
    for (const { sentence, end } of texts.flatMap((text) => sentencesOf(tokenize(text)))) {
      const words = plainWords(sentence) ?? [];
      if (words.length < rules.leastWords || words.length > rules.longestSentence) continue;
      const path = [START, START, ...words.map(usual), end || END];
      for (let at = 2; at < path.length; at += 1) {
        count(steps[2], path[at - 1]!, path[at]!, rules.voice);
        count(steps[3], `${path[at - 2]} ${path[at - 1]}`, path[at]!, rules.voice);
      }
    }
    return steps;
  };

  const subject = (about: string): Subject => {
    const tokens = tokenize(about);
    const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
    const title = titleOf(tokens, known, rules.longestTitle) || words.slice(0, rules.longestTitle).join(' ');
    const fills = new Map(title === '' ? [] : [['title', title]]);
    for (const { kind, text } of tokens) if (SLOTS.includes(kind) && !fills.has(kind)) fills.set(kind, text);
    const line = plainWords(tokens);
    const isShort = line !== null && line.length >= rules.leastWords && line.length <= rules.longestAbout;
    return { title, fills, line: isShort ? joined(line) : '' };
  };

  const about = (random: Random, { title, fills, line }: Subject): string => {
    const kind = random.below(10);
    if (line !== '' && kind < 3) return line + (random.below(2) > 0 ? '!' : '.');
    const fitting = titled.filter(({ wanted }) => wanted.every((slot) => fills.has(slot)));
    if (fitting.length === 0 || kind === 9) return title + (random.below(2) > 0 ? '!' : '');
    return fitting[random.below(fitting.length)]!.template.replace(SLOT, (_, slot: string) => fills.get(slot)!);
  };

  return (texts) => {
    const voice = voiceSteps(texts);
    const next = (order: 2 | 3, context: string): Following => {
      const [learned, own] = [pack[order].get(context) ?? NOTHING, voice[order].get(context) ?? NOTHING];
      return { words: [...learned.words, ...own.words], counts: [...learned.counts, ...own.counts] };
    };
    const walk = (random: Random): string | null => {
      let [before, last] = [START, START];
      const words: string[] = [];
      while (words.length <= rules.longestSentence) {
        let following = next(3, `${before} ${last}`);
        if (following.words.length === 0 || random.below(rules.backOff) === 0) following = next(2, last);
        if (following.words.length === 0) return null;
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
    const free = (random: Random): string | null =>
      plain.length > 0 && random.below(3) === 0 ? plain[random.below(plain.length)]! : walk(random);
    return { subject, about, free };
  };
}

/** Words and commas of a sentence, straight apostrophes; null where it holds anything else. */
function plainWords(sentence: readonly Token[]): string[] | null {
  const isPlain = sentence.every(({ kind, text }) => kind === 'word' || text === ',');
  return isPlain ? sentence.map(({ text }) => text.replaceAll('’', "'")) : null;
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

function joined(words: readonly string[]): string {
  return words.join(' ').replaceAll(' ,', ',');
}

/** What stands in double quotation marks, else the longest run of names. */
function titleOf(tokens: readonly Token[], known: ReadonlySet<string>, longest: number): string {
  const marks = tokens.flatMap(({ text }, at) => (['"', '“', '”'].includes(text) ? [at] : []));
  if (marks.length > 1) {
    const inner = tokens.slice(marks[0]! + 1, marks[1]).filter(({ kind }) => kind === 'word' || kind === 'number');
    if (inner.length > 0 && inner.length <= longest) return inner.map(({ text }) => text).join(' ');
  }
  let best: string[] = [];
  let run: string[] = [];
  tokens.forEach(({ kind, text }, at) => {
    const [first] = text;
    const isName = kind === 'word' && first !== first!.toLowerCase() && !(at === 0 && known.has(wordKey(text)));
    run = isName ? [...run, text] : [];
    if (run.length > best.length && run.length <= longest) best = run;
  });
  return best.join(' ');
}
