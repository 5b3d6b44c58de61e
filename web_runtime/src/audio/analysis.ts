/**
 * What the suite finds in audio, asked of whoever answers. A facade that takes audio has a property `analyses`: by the name of what is
 * found (`genre`, `tempo`, `key`, `loudness`) a function from audio to an answer that survives JSON. Nothing else registers it: products,
 * and `python -m parity_tests analyze`, ask every facade of the suite.
 *
 * @example A facade that offers one
 * ```ts
 * export function genre(model: ModelHandle): Genre {
 *   const classify = async (audio: AudioInput) => ...;
 *   return { classify, analyses: { genre: classify } };
 * }
 * ```
 */

import { InputError } from '../errors.js';
import { type AudioInput, channelsOf } from './input.js';

/** Finds one thing in audio. */
export type Analysis = (audio: AudioInput) => Promise<object>;

/** A facade that takes audio. */
export interface AudioFacade {
  readonly analyses: Readonly<Record<string, Analysis>>;
}

/** The analyses that a suite's facades offer, by the name of what is found. */
export function analysesOf(suite: object): Record<string, Analysis> {
  const facades = Object.values(suite).filter((facade): facade is AudioFacade => {
    return typeof facade === 'object' && facade !== null && typeof (facade as Partial<AudioFacade>).analyses === 'object';
  });
  return Object.assign({}, ...facades.map(({ analyses }) => analyses)) as Record<string, Analysis>;
}

/**
 * Everything that a suite finds in audio, one analysis after the other. What one of them refuses, being too short for it say, keeps no
 * other from being answered: its place holds `{ refused }`, the reason.
 *
 * @param suite - What `createSuite` answered.
 * @throws {@link InputError} for audio that can't be read, and whatever else an analysis throws.
 */
export async function analyze(suite: object, audio: AudioInput): Promise<Record<string, object>> {
  const checked = channelsOf(audio);
  const found: Record<string, object> = {};
  for (const [name, analysis] of Object.entries(analysesOf(suite))) {
    try {
      found[name] = await analysis(checked);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found[name] = { refused: error.message };
    }
  }
  return found;
}
