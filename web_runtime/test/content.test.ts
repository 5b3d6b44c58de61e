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
      ['link', 'https://[A-Za-z./]+'],
      ['mention', '@[A-Za-z]+'],
      ['number', '[0-9]+'],
      ['hashtag', '#[A-Za-z]+'],
      ['emoji', '[\u{1f300}-\u{1faff}]'],
      ['word', "[A-Za-z]+(?:['’][A-Za-z]+)*"],
      ['mark', '[!?]+|[.,"]'],
    ],
    unseen: '\\x00-\\x08',
    space: ' \\n',
  },
  style: { features: [...Array.from({ length: 43 }, (_, at) => `feature_${at}`), 'repeated_exclamations', 'shouted_words', 'capitalised_words', 'lower_case_start', 'all_lower_case'], functionWords: [['the', 'all', 'by', 'our'], ['de', 'la', 'los', 'este'], [], [], []], longWord: 6, polar: 0.05, clip: 3, off: 1.5, mostOff: 5, steady: 5 },
  hashtags: { reasons: { voice: 1, alike: 2, beside: 0.6, words: 0.5, named: 1.5, common: 0.2, word: 0.06 }, longestJoined: 3, leastLetters: 3, rising: 1.5, fading: 0.67, broad: 3 },
  guard: { run: 7, probes: 5, read: ['word', 'hashtag'], part: '[a-z]+' },
  writer: { voice: 3, leastWords: 2, longestSentence: 14, longestWalk: 10, stated: 4, backedOff: 1, walked: 4, framed: 3, exclaimed: 2, dangling: ['the', 'on'], firstPerson: ['i'] },
  slots: { dated: ['date'], offered: ['more', 'here'], edges: ',:.!?-–' },
  language: { clear: 2, enough: 25, fewest: 0.1, notAscii: 0.4, other: 1 },
  subject: {
    longestPhrase: 14, longestPart: 5, longestTitle: 5, quotation: ['"'], kept: ['word', 'number', 'mention'], innerMarks: [','],
    calendar: ['friday'], joints: ['for', 'of', 'on', 'out', 'are'], openers: ['our'], little: ['the', 'our', 'for', 'of', 'on', 'are'],
  },
  generate: {
    tries: 240, aboutRead: 300, pool: 32, mostSentences: 3, mostEmoji: 4, mostMentions: 2, mostTags: 6, candidates: 20, firstEmoji: 0x2190, repeated: 0.5, habit: 2, ownReasons: ['voice', 'named', 'word'], ownPosts: 20, leastDistinct: 0.8, mostAlike: 0.5,
    casing: { lower: 0.5, shouted: 0.5, titled: 0.75, lowerStart: 0.5 }, tie: 1e-5, notable: 1.05,
    post: { publishedAt: '2016-06-01T12:00:00', media: 'none', history: [] },
  },
  usualMatch: { own: 0.87, other: 0.75 },
  languages: ['en'],
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
  emoji: { posts: { '🎉': 3 }, near: { show: { '🎉': 0.5 } } },
  writing: {
    words: ['^', 'so', 'good', 'tonight', '!', '$', 'love', 'this'],
    bigrams: [[0, 1, 3, 6, 2], [1, 2, 3], [2, 3, 2, 4, 1], [3, 4, 2, 5, 1], [6, 7, 2], [7, 4, 1, 5, 1]],
    trigrams: [[0, 0, 1, 3, 6, 2]],
    templates: ['thank you all', '{title} is here!', '{title} on {date}', '{number} days to go!', 'photo by {mention}.', 'more: {link}', 'tickets: {link}'],
  },
  guard: { size: 8, bits: 'AA==' },
  sentiment: { words: { love: 3.2 }, emoji: {}, boosters: {}, idioms: {}, negations: [], capitals: 0.7, negation: -0.7 },
};

function made(): { facade: ReturnType<typeof content>; reads: () => number } {
  let reads = 0;
  const handle: PackHandle = {
    name: 'content',
    manifest: { constants } as unknown as PackHandle['manifest'],
    data: () => Promise.resolve((reads++, new TextEncoder().encode(JSON.stringify(tables)))),
    suite: { engagement: { predict: (posts: readonly { text: string }[]) => Promise.resolve(posts.map(({ text }) => ({ likes: text.length, comments: 1, shares: 0 }))) } } as unknown as Facades,
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
    const [first] = tokens as { text: string }[];
    first!.text = 'spoilt';
    expect((await facade.tokens('Don’t\u0000 stop #now 🎉!!'))[0]!.text).toBe('Don’t');
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

  it('drafts the same texts for a seed, the best by lift and match first', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    const [one, again] = [await facade.generate({ voice, seed: 5 }), await facade.generate({ voice, seed: 5 })];
    expect(again).toEqual(one);
    expect(one.variants.length).toBeGreaterThan(0);
    for (const { score, lift, match, engagement, text } of one.variants) {
      expect(score).toBeCloseTo(lift * match, 10);
      expect(engagement.likes).toBe(text.length);
    }
    const scores = one.variants.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((first, second) => second - first));
  });

  it('keeps what is asked, or says why there are fewer', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    const constraints = { hashtags: 1, emoji: { max: 1 }, maxLength: 60, mustInclude: ['Berlin'], forbid: ['love'] };
    const { variants } = await facade.generate({ voice, about: 'New "Midnight Sun"', constraints, count: 3 });
    expect(variants.length).toBeGreaterThan(0);
    for (const { text } of variants) {
      expect(text).toContain('Berlin');
      expect(text.toLowerCase()).not.toContain('love');
      expect(text.length).toBeLessThanOrEqual(60);
      expect(text.match(/#/g)).toHaveLength(1);
    }
    const none = await facade.generate({ voice, constraints: { forbid: [' '], mustInclude: ['a b'] } });
    expect(none).toEqual({ variants: [], note: '0 of 5 variants: no more keep every constraint and differ enough' });
    const german = await facade.generate({ voice, constraints: { language: 'de' } });
    expect(german).toEqual({ variants: [], note: 'the pack has learned en, not de' });
  });

  it('names the subject in its own words and keeps its link', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    const { variants } = await facade.generate({ voice, about: 'tickets for our Berlin show are on sale #now' });
    expect(variants.length).toBeGreaterThan(0);
    for (const { text } of variants) {
      expect(text).toMatch(/tickets for our berlin show|our berlin show/iu);
      expect(text).toContain('#now');
    }
  });

  it('fills slots with what the caller gave and says no more', async () => {
    const { facade } = made();
    const voice = await facade.voice(posts);
    const about = 'A photo by @Anna for our show in 3 weeks https://a.example/Xy';
    const texts: string[] = [];
    for (let seed = 0; seed < 20; seed += 1) texts.push(...(await facade.generate({ voice, about, seed })).variants.map(({ text }) => text));
    expect(texts.some((text) => /^[^@]*\bphoto by @Anna\b/iu.test(text))).toBe(true);
    expect(texts.some((text) => text.includes('ore: https://a.example/Xy'))).toBe(true);
    for (const text of texts) {
      expect(text.match(/https:\S+/g)).toEqual(['https://a.example/Xy']);
      expect(text).not.toMatch(/[{}]|tickets|days to go|[0-24-9]/iu);
    }
  });

  it('puts a mention where the voice puts mentions', async () => {
    const { facade } = made();
    const voice = await facade.voice(['@bob THANK YOU ALL! SO GOOD TONIGHT', '@bob SO GOOD! 🎉']);
    const { variants } = await facade.generate({ voice, about: 'our summer show', constraints: { mustInclude: ['@Anna', 'https://a.example/Xy'] } });
    expect(variants.length).toBeGreaterThan(0);
    for (const { text } of variants) expect(text).toMatch(/^@Anna .* https:\/\/a\.example\/Xy\b/u);
  });

  it('gives a voice of another language its own words alone, or says why there are fewer', async () => {
    const { facade } = made();
    const voice = await facade.voice(['Gracias a todos los amigos', 'Nos vemos en la plaza de este barrio', 'La noche de los amigos']);
    const { variants, note } = await facade.generate({ voice, about: 'Este viernes en la plaza', constraints: { emoji: false, hashtags: 0 } });
    const own = new Set('gracias a todos los amigos nos vemos en la plaza de este barrio noche viernes'.split(' '));
    expect(variants.length).toBeGreaterThan(0);
    for (const { text } of variants) for (const word of text.toLowerCase().match(/[a-z]+/gu)!) expect(own).toContain(word);
    expect(note ?? 'whole').toMatch(/whole|only words of the voice's and the subject's own, since the pack has learned en/u);
    expect((await facade.generate({ voice, constraints: { language: 'es' } })).note).not.toBe('the pack has learned en, not es');
  });

  it('puts emoji and hashtags where the voice puts them', async () => {
    const { facade } = made();
    const voice = await facade.voice(['🎉 So good! #live #Tour', '🎉 Thank you! #live #Tour']);
    for (const { text } of (await facade.generate({ voice })).variants) expect(text).toMatch(/^🎉 [^#]+#\w+ #\w+$/u);
  });

  it('never repeats seven words of a post of the voice, and no markup', async () => {
    const { facade } = made();
    const post = 'so good tonight so good tonight so good';
    const voice = await facade.voice([post]);
    const { variants } = await facade.generate({ voice, about: '<script>alert("x")</script>', count: 10 });
    for (const { text } of variants) {
      expect(text.toLowerCase()).not.toContain('so good tonight so good tonight so');
      expect(text).not.toMatch(/[<>]/);
    }
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
      { numRuns: 30 },
    );
  }, 60_000);

  it.each([
    [(facade: ReturnType<typeof content>) => facade.tokens(1 as never), 'content: tokens: text expects a string, got 1'],
    [(facade: ReturnType<typeof content>) => facade.voice('a' as never), 'content: voice: posts expects a list of strings'],
    [(facade: ReturnType<typeof content>) => facade.match('a', {} as never), 'content: match: voice expects what content.voice()'],
    [(facade: ReturnType<typeof content>) => facade.generate({} as never), 'content: generate: voice expects what content.voice()'],
    [async (facade: ReturnType<typeof content>) => facade.generate({ voice: await facade.voice([]), seed: -1 }), 'generate: seed expects a whole number from 0 to 4294967295, got -1'],
    [async (facade: ReturnType<typeof content>) => facade.generate({ voice: await facade.voice([]), constraints: { emoji: { min: 3, max: 1 } } }), 'constraints.emoji expects min up to max'],
    [async (facade: ReturnType<typeof content>) => facade.generate({ voice: await facade.voice([]), constraints: { tags: 1 } as never }), 'constraints expects maxLength, hashtags'],
    [(facade: ReturnType<typeof content>) => facade.hashtags('a', { count: 99 }), 'count expects a whole number from 1 to 30, got 99'],
  ])('refuses what does not fit, case %#', async (call, message) => {
    await expect(call(made().facade)).rejects.toThrow(InputError);
    await expect(call(made().facade)).rejects.toThrow(message);
  });

  it('assigns readers for good, and tells too little data from no difference', async () => {
    const { facade } = made();
    const readers = Array.from({ length: 2000 }, (_, place) => `reader ${place}`);
    const { assigned } = await facade.experiment({ variants: 2, readers });
    expect(Math.min(...[0, 1].map((variant) => assigned.filter((each) => each === variant).length))).toBeGreaterThan(900);
    expect((await facade.experiment({ variants: 2, readers })).assigned).toEqual(assigned);
    const verdict = async (...results: [number, number][]): Promise<string[]> => {
      const shown = results.map(([shown, reacted]) => ({ shown, reacted }));
      return (await facade.experiment({ variants: results.length, results: shown })).comparisons.map((each) => each.verdict);
    };
    expect(await verdict([20, 2], [20, 5])).toEqual(['too little data']);
    expect(await verdict([50_000, 5000], [50_000, 5010])).toEqual(['no difference seen']);
    expect(await verdict([2000, 200], [2000, 300], [2000, 120])).toEqual(['better', 'worse']);
  });

  it('draws the numbers that Python draws', () => {
    const random = new Random(7, 3);
    expect(Array.from({ length: 5 }, () => random.below(1000))).toEqual(NUMBERS);
  });
});
