/** The template of a post: where its lines, emoji, mentions, links and hashtags stand. The twin of `keras_models/content_layout.py`. */

import type { Token } from '../text/tokens.js';
import { endsSentence } from './sentences.js';

/** Constants of the manifest: what a draft may have. */
export interface LayoutRules {
  readonly mostSentences: number;
  readonly mostEmoji: number;
  readonly mostMentions: number;
  readonly mostTags: number;
}

/** What stands in a slot of a template. */
export type Kind = 'line' | 'emoji' | 'mention' | 'link' | 'hashtags';

/** A slot, and how many it holds. */
export type Slot = readonly [Kind, number];

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '“': '”', '«': '»' };
const CLOSING = Object.values(PAIRS);

/** A post's template: its lines, emoji runs, mentions, links and hashtag blocks in order, within what a draft may have. */
export function layoutOf(tokens: readonly Token[], rules: LayoutRules): Slot[] {
  const slots: [Kind, number][] = [];
  const left: Record<Kind, number> = { line: rules.mostSentences, emoji: rules.mostEmoji, mention: rules.mostMentions, link: 1, hashtags: rules.mostTags };
  let hasLine = false;
  let [mentions, tags] = [0, 0];
  const add = (kind: Kind, wanted: number): void => {
    const count = Math.min(wanted, left[kind]);
    left[kind] -= count;
    const before = slots.at(-1);
    if (count > 0 && before?.[0] === kind && kind !== 'line') before[1] += count;
    else if (count > 0) slots.push([kind, count]);
  };
  // Mentions and hashtags within a sentence stand behind it.
  const close = (): void => {
    add('line', Number(hasLine));
    add('mention', mentions);
    add('hashtags', tags);
    hasLine = false;
    [mentions, tags] = [0, 0];
  };
  for (const token of tokens) {
    const { kind } = token;
    if (kind === 'break' || kind === 'emoji' || kind === 'link' || endsSentence(token)) close();
    if (kind === 'emoji' || kind === 'link' || (kind === 'mention' && !hasLine)) add(kind, 1);
    else mentions += Number(kind === 'mention');
    hasLine ||= kind === 'word';
    tags += Number(kind === 'hashtag');
  }
  close();
  return left.line < rules.mostSentences ? slots : [['line', 1], ...slots];
}

/** Lines and blocks in the order of a layout; what it has no place for stands behind the last line, hashtags at the end. */
export function laidOut(layout: readonly Slot[], blocks: Readonly<Record<Kind, readonly string[]>>): string {
  const lacks = (kind: Kind): boolean => !layout.some(([other]) => other === kind);
  const last = layout.findLastIndex(([kind]) => kind === 'line');
  const behind = (['emoji', 'mention', 'link'] as const).filter(lacks);
  const order = [...layout.slice(0, last + 1), ...behind.map((kind): Slot => [kind, 0]), ...layout.slice(last + 1)];
  if (lacks('hashtags')) order.push(['hashtags', 0]);
  const taken: Record<Kind, number> = { line: 0, emoji: 0, mention: 0, link: 0, hashtags: 0 };
  const texts = order.map(([kind, count], at) => {
    const isLast = order.findLastIndex(([other]) => other === kind) === at;
    const some = blocks[kind].slice(taken[kind], isLast ? undefined : taken[kind] + count);
    taken[kind] += some.length;
    return some.join(kind === 'emoji' ? '' : ' ');
  });
  return texts.filter((text) => text !== '').join(' ');
}

/** Whether quotation marks and brackets are balanced, every sign of a hashtag has its tag, and no blank or half emoji is left. */
export function isWellFormed(text: string, tokens: readonly Token[]): boolean {
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
