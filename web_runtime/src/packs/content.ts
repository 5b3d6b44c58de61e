/** Brand voice, hashtags and captions from what the content pack learned of posts; nothing leaves the page, and no language model is asked. */

import { type Hashtag, type HashtagRules, hashtagsOf, type Hashtags, type HashtagTables } from '../content/hashtags.js';
import { type Style, styleOf, type StyleRules, type StyleTables } from '../content/style.js';
import { buildVoice, matchVoice, type Voice, type VoiceMatch } from '../content/voice.js';
import { InputError } from '../errors.js';
import type { PackHandle } from '../facade.js';
import { sentimentScorer, type SentimentTables } from '../text/sentiment.js';
import { type Token, tokenizer, type Tokenizer, type TokenRules } from '../text/tokens.js';

export type { Hashtag, HashtagReason } from '../content/hashtags.js';
export type { FeatureOff, Vectors } from '../content/style.js';
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
}

interface Constants {
  readonly tokens: TokenRules;
  readonly style: StyleRules;
  readonly hashtags: HashtagRules;
}

interface Tables extends StyleTables, HashtagTables {
  readonly sentiment: SentimentTables;
}

/** What the pack's file makes. */
interface Parts {
  readonly tokenize: Tokenizer;
  readonly style: Style;
  readonly hashtags: Hashtags;
}

const MOST_TAGS = 30;

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
    return (await parts()).tokenize(checked);
  };

  const voice = async (posts: readonly string[]): Promise<Voice> => {
    const checked = textsOf(posts, 'voice: posts');
    const { style, tokenize } = await parts();
    return buildVoice(checked, constants().style.features, style, tokenize);
  };

  const match = async (text: string | readonly string[], own: Voice): Promise<VoiceMatch> => {
    const checked = typeof text === 'string' ? [text] : textsOf(text, 'match: text');
    const { style } = await parts();
    return matchVoice(checked, voiceOf(own, 'match', constants()), constants().style.features, style);
  };

  const hashtags = async (text: string, { voice: own, count = 10 }: HashtagOptions = {}): Promise<Hashtag[]> => {
    const checked = textOf(text, 'hashtags: text');
    if (!Number.isInteger(count) || count < 1 || count > MOST_TAGS)
      throw new InputError(`content: hashtags: count expects a whole number from 1 to ${MOST_TAGS}, got ${String(count)}`);
    const past = own === undefined ? [] : voiceOf(own, 'hashtags', constants()).texts;
    const { hashtags: tags } = await parts();
    return tags.suggest(checked, past.map(tags.tagged), count);
  };

  return { tokens, voice, match, hashtags };
}

function partsOf(constants: Constants, tables: Tables): Parts {
  const tokenize = tokenizer(constants.tokens);
  const style = styleOf(constants.style, tables, tokenize, sentimentScorer(tables.sentiment));
  return { tokenize, style, hashtags: hashtagsOf(constants.hashtags, tables, tokenize, style.idf) };
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new InputError(`content: ${where} expects a string, got ${typeof value}`);
  return value;
}

function textsOf(values: unknown, where: string): string[] {
  if (!Array.isArray(values)) throw new InputError(`content: ${where} expects a list of strings, got ${typeof values}`);
  return values.map((value: unknown, place) => textOf(value, `${where}[${place}]`));
}

/** A voice may come from a product's own store: what is read of it is checked. */
function voiceOf(value: unknown, where: string, { style }: Constants): Voice {
  const own = value as Partial<Voice> | null;
  const isWhole =
    typeof own === 'object' &&
    own !== null &&
    Array.isArray(own.texts) &&
    own.texts.every((text) => typeof text === 'string') &&
    style.features.every((name) => Number.isFinite(own.style?.[name]?.mean) && Number.isFinite(own.style?.[name]?.spread)) &&
    Array.isArray(own.vectors?.style) &&
    Array.isArray(own.vectors.chars) &&
    typeof own.vectors.words === 'object';
  if (!isWhole) throw new InputError(`content: ${where}: voice expects what content.voice() answered with this version of the pack`);
  return own as Voice;
}
