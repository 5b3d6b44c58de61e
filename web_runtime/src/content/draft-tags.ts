/** Chooses the hashtags of drafts: given ones, then those with evidence. The twin of `keras_models/content_draft_tags.py`. */

import { type Tokenizer, wordCounts } from '../text/tokens.js';
import { clamped, type Kept } from './constraints.js';
import { type Hashtag, type HashtagReason, type Hashtags, tagKey } from './hashtags.js';
import type { Random } from './random.js';
import type { Voice } from './voice.js';

/** Constants of the manifest. */
export interface DraftTagRules {
  /** Hashtags and emoji to choose from. */
  readonly candidates: number;
  /** Posts of the voice with a hashtag that suits any of its posts. */
  readonly habit: number;
  /** Reasons that come from the voice or the text itself. */
  readonly ownReasons: readonly HashtagReason[];
  /** Hashtags of a draft at most. */
  readonly mostTags: number;
}

/** Picks hashtags where the voice usually has so many. */
export type DraftTags = (random: Random, usual: number) => string[];

/** Makes what picks the hashtags of a voice's drafts about a subject, which asks for some. */
export function draftTagsOf(
  rules: DraftTagRules,
  { hashtags, tokenize }: { readonly hashtags: Hashtags; readonly tokenize: Tokenizer },
  voice: Voice,
  { about, asked }: { readonly about: string; readonly asked: readonly string[] },
  kept: Kept,
): DraftTags {
  const must = kept.mustBe('hashtag');
  const most = kept.hashtags === null ? rules.mostTags : kept.hashtags[1];
  const least = kept.hashtags === null ? 0 : kept.hashtags[0];
  const all = [...must, ...kept.allowed(asked).slice(0, Math.max(most - must.length, 0))];
  const given = [...new Map([...all].reverse().map((tag) => [tagKey(tag), tag])).values()].reverse();
  const keys = new Set(given.map(tagKey));
  const free = hashtags.suggest(about, voice.texts.map(hashtags.tagged), rules.candidates).filter(({ tag }) => !keys.has(tagKey(tag)));
  const habits = new Set(voice.hashtags.filter(({ count }) => count >= rules.habit).map(({ text }) => tagKey(text)));
  const words = wordCounts(tokenize(about));
  const suited = free.filter((each) => habits.has(tagKey(each.tag)) || suits(each, words));
  const others = free.filter((each) => !suited.includes(each));
  const isOwn = ({ reasons }: Hashtag): boolean => reasons.some((reason) => rules.ownReasons.includes(reason));
  const sorted = [...others.filter(isOwn), ...others.filter((each) => !isOwn(each))];
  const [first, rest] = [suited, sorted].map((some) => kept.allowed(some.map(({ tag }) => tag)));
  return (random, usual) => {
    const more = pickedOf(random, first!, clamped(usual, kept.hashtags) - given.length);
    return [...given, ...more, ...pickedOf(random, rest!, least - given.length - more.length)];
  };
}

/** Some candidates, each once, the earlier ones more often. */
export function pickedOf(random: Random, candidates: readonly string[], count: number): string[] {
  const left = [...candidates];
  const chosen: string[] = [];
  while (left.length > 0 && chosen.length < count) {
    const weights = left.map((_, place) => left.length - place);
    chosen.push(...left.splice(random.weighted(weights), 1));
  }
  return chosen;
}

/** Whether several words of the subject make a hashtag, or many brands use one that it spells out or that goes with its hashtags. */
function suits({ tag, reasons, breadth }: Hashtag, words: ReadonlyMap<string, number>): boolean {
  const isBroad = breadth === 'broad';
  return reasons.includes('named') ? isBroad || !words.has(tagKey(tag)) : isBroad && reasons[0] === 'beside';
}
