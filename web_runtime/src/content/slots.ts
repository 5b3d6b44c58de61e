/**
 * Fills the slots of ready sentences with what the caller gave, and with nothing else. The twin of `keras_models/content_slots.py`.
 * What a mention, number, date or time says hangs on the word beside it; a sentence without the title says nothing more.
 */

import { type Token, type Tokenizer, wordKey } from '../text/tokens.js';

/** Constants of the manifest. */
export interface SlotRules {
  /** Slots that a frame around the title has where the caller fills them: no "out now" of what is out on Friday. */
  readonly dated: readonly string[];
  /** What may be said of any link. */
  readonly offered: readonly string[];
  /** Marks beside the words of a frame. */
  readonly edges: string;
}

/** What texts fill. */
export interface Slots {
  /** The sentences that the frames with a slot for the title, or those without one, come to; frames that do not fit are left out. */
  filled(frames: readonly string[], titled: boolean): string[];
}

interface Given {
  readonly kind: string;
  readonly text: string;
  /** Keys of the words that stood beside it; empty where none did. */
  readonly before: string;
  readonly after: string;
}

const TITLE = 'title';
const SLOT = /\{(\w+)\}/g;

/** Whether a template has slots. */
export function hasSlots(template: string): boolean {
  return template.search(SLOT) >= 0;
}

/** Makes the slots of a caller's texts and quoted title; `calendar` are dates without a number, `little` words tell nothing. */
export function slotsOf(
  rules: SlotRules,
  subject: { readonly calendar: readonly string[]; readonly little: readonly string[] },
  tokenize: Tokenizer,
): (texts: readonly string[], title: string) => Slots {
  const [calendar, little, offered] = [new Set(subject.calendar), new Set(subject.little), new Set(rules.offered)];

  const givenOf = (tokens: readonly Token[]): Given[] => {
    const wordAt = (at: number): string => (tokens[at]?.kind === 'word' ? wordKey(tokens[at].text) : '');
    return tokens.map(({ kind, text }, at) => ({
      kind: calendar.has(wordKey(text)) ? 'date' : kind,
      text,
      before: wordAt(at - 1),
      after: wordAt(at + 1),
    }));
  };

  const stripped = (piece: string): string => {
    const characters = [...piece];
    const isInner = (character: string): boolean => !rules.edges.includes(character);
    return characters.slice(Math.max(characters.findIndex(isInner), 0), characters.findLastIndex(isInner) + 1).join('');
  };

  const tells = (word: string): boolean => word !== '' && !little.has(word);

  /** Whether what the frame says beside the slot stood there in the caller's text: what a number counts, what comes before all others. */
  const fits = (given: Given, before: string, after: string): boolean => {
    if (given.kind === 'link') return true;
    if (given.kind === 'number') return (before === given.before && tells(before)) || (after === given.after && tells(after));
    return before === given.before && before !== '';
  };

  return (texts, title) => {
    const found = texts.map(tokenize);
    const given = found.flatMap(givenOf);
    const words = new Set(found.flat().map(({ text }) => wordKey(text)));
    const isDated = given.some(({ kind }) => rules.dated.includes(kind));

    const saysMore = (frame: string, kinds: readonly string[]): boolean => {
      const own = frame.split(' ').filter((piece) => !piece.includes('{')).map(stripped).filter((word) => word !== '');
      return own.some((word) => !words.has(word) && !little.has(word) && !(kinds.includes('link') && offered.has(word)));
    };

    const fill = (frame: string, titled: boolean): string => {
      const slots = [...frame.matchAll(SLOT)];
      const kinds = slots.map(([, kind]) => kind!);
      if (titled ? isDated && !kinds.some((kind) => rules.dated.includes(kind)) : saysMore(frame, kinds)) return '';
      const fills = slots.map(({ 0: slot, 1: kind, index }) => {
        if (kind === TITLE) return title;
        const before = stripped(frame.slice(0, index).trimEnd().split(' ').at(-1)!);
        const after = stripped(frame.slice(index + slot.length).trimStart().split(' ')[0]!);
        return given.find((each) => each.kind === kind && fits(each, before, after))?.text ?? '';
      });
      let at = 0;
      return fills.includes('') ? '' : frame.replace(SLOT, () => fills[at++]!);
    };

    return {
      filled: (frames, titled) =>
        frames
          .filter((frame) => frame.includes(`{${TITLE}}`) === titled)
          .map((frame) => fill(frame, titled))
          .filter((line) => line !== ''),
    };
  };
}
