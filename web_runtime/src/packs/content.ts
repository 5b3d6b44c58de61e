/** Brand voice, hashtags and captions from what the content pack learned of posts; nothing leaves the page, and no language model is asked. */

import { type Experiment, experimentOf, type ExperimentRequest } from '../content/experiment.js';
import { type Generated, type GenerateParts, type GenerateRequest, type GenerateRules, generateWith } from '../content/generate.js';
import { guardOf, type GuardRules, type GuardTable } from '../content/guard.js';
import { type Hashtag, type HashtagRules, hashtagsOf, type HashtagTables } from '../content/hashtags.js';
import { englishOf, type LanguageRules } from '../content/language.js';
import { experimentRequestOf, requestOf, textOf, textsOf, voiceOf, wholeOf } from '../content/request.js';
import { type SlotRules, slotsOf } from '../content/slots.js';
import { subjectsOf, type SubjectRules } from '../content/subject.js';
import { measureOf, type StyleTables, type VectorRules } from '../content/vectors.js';
import { buildVoice, matchVoice, type Voice, type VoiceMatch } from '../content/voice.js';
import { NOTHING_WRITTEN, writerOf, type WriterRules, type Writing } from '../content/writer.js';
import type { PackHandle } from '../facade.js';
import { sentimentScorer, type SentimentTables } from '../text/sentiment.js';
import { normalizer, type Token, type Tokenizer, tokenizer, type TokenRules } from '../text/tokens.js';

export type { Constraints, Range } from '../content/constraints.js';
export type { Comparison, Experiment, ExperimentRequest, Shown } from '../content/experiment.js';
export type { Counts, Generated, GenerateRequest, Variant } from '../content/generate.js';
export type { Hashtag, HashtagReason } from '../content/hashtags.js';
export type { FeatureOff, Vectors } from '../content/vectors.js';
export type { Used, Voice, VoiceMatch } from '../content/voice.js';
export type { Token, TokenKind } from '../text/tokens.js';

/** How hashtags are suggested. */
export interface HashtagOptions {
  /** Whose tags to prefer. */
  readonly voice?: Voice;
  /** How many at most, 1 to 30; 10 by default. */
  readonly count?: number;
}

/** The content pack of a suite. */
export interface Content {
  /** The typed tokens of a text. */
  tokens(text: string): Promise<Token[]>;
  /** A brand's voice from its posts; ten are enough, and the newest stand last. */
  voice(posts: readonly string[]): Promise<Voice>;
  /** How well a text, or several as one, matches a voice. */
  match(text: string | readonly string[], voice: Voice): Promise<VoiceMatch>;
  /** Hashtags that suit a text and that it does not have yet, the best first. */
  hashtags(text: string, options?: HashtagOptions): Promise<Hashtag[]>;
  /** Drafts of a post in a voice, under constraints, ranked by predicted engagement and match; asks the suite's engagement model. */
  generate(request: GenerateRequest): Promise<Generated>;
  /** An A/B test of drafts: who sees which, and what the counts say so far, by exact tests. */
  experiment(request: ExperimentRequest): Promise<Experiment>;
}

interface Constants {
  readonly tokens: TokenRules;
  readonly style: VectorRules;
  readonly hashtags: HashtagRules;
  readonly guard: GuardRules;
  readonly writer: WriterRules;
  readonly slots: SlotRules;
  readonly language: LanguageRules;
  readonly subject: SubjectRules;
  readonly generate: GenerateRules;
  readonly usualMatch: GenerateParts['usualMatch'];
  readonly languages: readonly string[];
}

interface Tables extends StyleTables, HashtagTables {
  readonly sentiment: SentimentTables;
  readonly emoji: { readonly posts: Readonly<Record<string, number>>; readonly near: Readonly<Record<string, Readonly<Record<string, number>>>> };
  readonly writing: Writing;
  readonly guard: GuardTable;
}

/** What the pack's file makes. */
type Parts = Omit<GenerateParts, 'predict'>;

const MOST_TAGS = 30;
/** Texts whose tokens are remembered, and their longest, in characters: enough for a voice and its drafts. */
const REMEMBERED = 1000;
const LONGEST_REMEMBERED = 3000;

/** The content pack's facade. */
export function content(pack: PackHandle): Content {
  let loading: Promise<Parts> | undefined;
  const constants = (): Constants => pack.manifest.constants as unknown as Constants;

  /** The tables arrive on first use; a failed download is tried again. */
  const parts = (): Promise<Parts> => {
    loading ??= pack.data().then((bytes) => partsOf(constants(), JSON.parse(new TextDecoder().decode(bytes)) as Tables));
    loading.catch(() => (loading = undefined));
    return loading;
  };

  const tokens = async (text: string): Promise<Token[]> => {
    const checked = textOf(text, 'tokens: text');
    return (await parts()).tokenize(checked).map((token) => ({ ...token }));
  };

  const voice = async (posts: readonly string[]): Promise<Voice> => {
    const checked = textsOf(posts, 'voice: posts');
    const { style, tokenize } = await parts();
    return buildVoice(checked, constants().style.features, style, tokenize);
  };

  const match = async (text: string | readonly string[], own: Voice): Promise<VoiceMatch> => {
    const checked = typeof text === 'string' ? [text] : textsOf(text, 'match: text');
    const { features } = constants().style;
    const { style } = await parts();
    return matchVoice(checked, voiceOf(own, 'match', features), features, style);
  };

  const hashtags = async (text: string, { voice: own, count = 10 }: HashtagOptions = {}): Promise<Hashtag[]> => {
    const checked = textOf(text, 'hashtags: text');
    wholeOf(count, 1, MOST_TAGS, 'hashtags: count');
    const past = own === undefined ? [] : voiceOf(own, 'hashtags', constants().style.features).texts;
    const { hashtags: tags } = await parts();
    return tags.suggest(checked, past.map(tags.tagged), count);
  };

  const generate = async (request: GenerateRequest): Promise<Generated> => {
    const { generate: rules, style } = constants();
    const checked = requestOf(request, style.features);
    return generateWith(rules, { ...(await parts()), predict: (posts) => pack.suite.engagement.predict(posts) }, checked);
  };

  const experiment = async (request: ExperimentRequest): Promise<Experiment> => experimentOf(experimentRequestOf(request));

  return { tokens, voice, match, hashtags, generate, experiment };
}

function partsOf(constants: Constants, tables: Tables): Parts {
  const tokenize = remembering(tokenizer(constants.tokens));
  const style = measureOf(constants.style, tables, tokenize, sentimentScorer(tables.sentiment));
  return {
    tokenize,
    style,
    normalize: normalizer(constants.tokens),
    hashtags: hashtagsOf(constants.hashtags, tables, tokenize, style.idf),
    guard: guardOf(constants.guard, tables.guard, tokenize),
    writers: { learned: writerOf(constants.writer, tables.writing, tokenize), own: writerOf(constants.writer, NOTHING_WRITTEN, tokenize) },
    slots: slotsOf(constants.slots, constants.subject, tokenize),
    isEnglish: englishOf(constants.language, constants.style.functionWords, tokenize),
    subject: subjectsOf(constants.subject, constants.writer, tokenize),
    emoji: Object.keys(tables.emoji.posts),
    emojiNear: new Map(Object.entries(tables.emoji.near).map(([word, shares]) => [word, Object.keys(shares)])),
    usualMatch: constants.usualMatch,
    languages: constants.languages,
  };
}

/** Keeps the tokens of the latest texts, since drafting reads each many times over. */
function remembering(tokenize: Tokenizer): Tokenizer {
  const known = new Map<string, Token[]>();
  return (text) => {
    const tokens = known.get(text) ?? tokenize(text);
    if (known.size >= REMEMBERED) known.clear();
    if (text.length <= LONGEST_REMEMBERED) known.set(text, tokens);
    return tokens;
  };
}
