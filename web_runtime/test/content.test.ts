import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Random } from '../src/content/random.js';
import { InputError } from '../src/errors.js';
import type { PackHandle } from '../src/facade.js';
import type { Facades } from '../src/generated/models.js';
import { content } from '../src/packs/content.js';

const constants = {
  tokens: {
    patterns: [
      ['hashtag', '#[A-Za-z]+'],
      ['emoji', '[\u{1f300}-\u{1faff}]'],
      ['word', "[A-Za-z]+(?:['’][A-Za-z]+)*"],
      ['mark', '[!?]+|[.,]'],
    ],
    unseen: '\\x00-\\x08',
    space: ' \\n',
  },
  style: { features: Array.from({ length: 48 }, (_, at) => `feature_${at}`), functionWords: [['the'], [], [], [], []], longWord: 6, polar: 0.05, clip: 3, off: 1.5, mostOff: 5, steady: 5 },
  hashtags: { reasons: { voice: 1, alike: 2, beside: 0.6, words: 0.5, named: 1.5, common: 0.2, word: 0.06 }, longestJoined: 3, leastLetters: 3, rising: 1.5, fading: 0.67, broad: 3 },
};
const tables = {
  style: { mean: Array(48).fill(0), scale: Array(48).fill(1), axes: [Array(48).fill(0).fill(1, 0, 8), Array(48).fill(0).fill(1, 20)], weights: { style: 4, chars: 0.5, words: 1, constant: 10 } },
  chars: Array(16).fill(1),
  idf: { love: 1, show: 2 },
  rare: 5,
  tags: { tour: { tag: 'Tour', share: 0.1, brands: 4, trend: 2, effect: 1.2 }, newmusic: { tag: 'NewMusic', share: 0.05, brands: 1, trend: 0.5, effect: 0.9 } },
  beside: { live: { tour: 0.5 } },
  near: { show: { tour: 0.4 } },
  broadest: ['tour'],
  sentiment: { words: { love: 3.2 }, emoji: {}, boosters: {}, idioms: {}, negations: [], capitals: 0.7, negation: -0.7 },
};

function made(): { facade: ReturnType<typeof content>; reads: () => number } {
  let reads = 0;
  const handle: PackHandle = {
    name: 'content',
    manifest: { constants } as unknown as PackHandle['manifest'],
    data: () => Promise.resolve((reads++, new TextEncoder().encode(JSON.stringify(tables)))),
    suite: {} as Facades,
  };
  return { facade: content(handle), reads: () => reads };
}

/** `keras_models.content_random.Random(7, 3)`, five numbers below 1000. */
const NUMBERS = [280, 555, 708, 653, 136];
const posts = ['LOVE the show! #live', 'Tonight!! #live #Tour', 'So good', ' '];

describe('content', () => {
  it('reads its file once and cuts texts into typed tokens', async () => {
    const { facade, reads } = made();
    const [tokens] = await Promise.all([facade.tokens('Don’t\u0000 stop #now 🎉!!'), facade.voice(posts)]);
    expect(tokens.map(({ kind, text }) => [kind, text])).toEqual([
      ['word', 'Don’t'],
      ['word', 'stop'],
      ['hashtag', '#now'],
      ['emoji', '🎉'],
      ['mark', '!!'],
    ]);
    expect(reads()).toBe(1);
  });

  it('builds a voice that survives JSON, and matches it with itself', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    expect(voice.texts).toHaveLength(3);
    expect(voice.hashtags[0]).toEqual({ text: '#live', count: 2 });
    const { similarity } = await facade.match(voice.texts, JSON.parse(JSON.stringify(voice)) as typeof voice);
    expect(similarity).toBeCloseTo(1, 10);
    expect((await facade.match('calm', voice)).similarity).toBeLessThan(similarity);
  });

  it('suggests known tags for their reasons, and none twice', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    const tags = await facade.hashtags('A new music show #LIVE', { voice });
    expect(tags.map(({ tag }) => tag)).toEqual(['#NewMusic', '#Tour']);
    expect(tags[0]!.reasons).toEqual(['named']);
    expect(tags[1]).toMatchObject({ trend: 'rising', breadth: 'broad', effect: 1.2 });
  });

  it('keeps every answer finite for any text', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect((await facade.match(text, voice)).similarity).toBeGreaterThan(0);
        const tags = await facade.hashtags(text, { voice });
        expect(new Set(tags.map(({ tag }) => tag.toLowerCase())).size).toBe(tags.length);
      }),
    );
  });

  it.each([
    [(facade: ReturnType<typeof content>) => facade.tokens(1 as never), 'content: tokens: text expects a string, got number'],
    [(facade: ReturnType<typeof content>) => facade.voice('a' as never), 'content: voice: posts expects a list of strings'],
    [(facade: ReturnType<typeof content>) => facade.match('a', {} as never), 'content: match: voice expects what content.voice()'],
    [(facade: ReturnType<typeof content>) => facade.hashtags('a', { count: 99 }), 'count expects a whole number from 1 to 30, got 99'],
  ])('refuses what does not fit, case %#', async (call, message) => {
    await expect(call(made().facade)).rejects.toThrow(InputError);
    await expect(call(made().facade)).rejects.toThrow(message);
  });

  it('draws the numbers that Python draws', () => {
    const random = new Random(7, 3);
    expect(Array.from({ length: 5 }, () => random.below(1000))).toEqual(NUMBERS);
  });
});
