/** Mixing: stems in, a balanced mix with all its settings out, computed in a worker; the pack holds what was learned of roles and levels. */

import type { AudioInput, MultichannelAudio } from '../audio/input.js';
import { monoOrStereo } from '../dsp/channels.js';
import { InputError } from '../errors.js';
import type { PackHandle } from '../facade.js';
import type { Mix } from '../mixing/balance.js';
import type { MixingConstants, Role } from '../mixing/constants.js';
import type { StemDescription } from '../mixing/describe.js';
import { checkRoles, readStems, type StemInput } from '../mixing/input.js';
import type { Score } from '../mixing/objective.js';
import type { StemSettings } from '../mixing/settings.js';

export type { Mix, MixedStem } from '../mixing/balance.js';
export type { Role, Terms } from '../mixing/constants.js';
export type { StemDescription } from '../mixing/describe.js';
export type { StemInput } from '../mixing/input.js';
export type { Score } from '../mixing/objective.js';
export type { RoleOdds } from '../mixing/roles.js';
export type { StemSettings } from '../mixing/settings.js';
export type { StemNote } from '../mixing/stems.js';

/** What is known of the stems beside their samples. */
export interface StemOptions {
  /** What each stem plays; null or undefined is guessed. */
  readonly roles?: readonly (Role | null | undefined)[] | undefined;
}

/** How stems are mixed. */
export interface BalanceOptions extends StemOptions {
  /** A finished mix whose long-term spectrum the new one should come close to. */
  readonly reference?: AudioInput | undefined;
  /** Evaluations of the objective at most; 4,000 by default. The same number gives the same mix. */
  readonly evaluations?: number | undefined;
  /** Milliseconds after which the search stops early and says so; none by default, because what is found then depends on the machine. */
  readonly budgetMs?: number | undefined;
  /** Told how much is done, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Cancels the work, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What `suite.mixing` offers. */
export interface Mixing {
  /**
   * Mixes 2 to 16 stems, which stay as they are.
   *
   * @param stems - Mono or stereo, of one rate, of any lengths.
   * @throws {@link InputError} for other stems or options; the signal's reason where it is cancelled.
   */
  balance(stems: readonly StemInput[], options?: BalanceOptions): Promise<Mix>;
  /** What is heard in stems: roles, features, loudness. */
  describe(stems: readonly StemInput[], options?: StemOptions): Promise<StemDescription[]>;
  /** The objective of stems as they are, or under settings of one's own: one for each stem. */
  score(
    stems: readonly StemInput[],
    options?: Pick<BalanceOptions, 'roles' | 'reference'> & { readonly settings?: readonly Partial<StemSettings>[] | undefined },
  ): Promise<Score>;
}

const EVALUATIONS = 4000;

/** The mixing pack's facade. */
export function mixing(pack: PackHandle): Mixing {
  const constants = async (): Promise<MixingConstants> => JSON.parse(new TextDecoder().decode(await pack.data())) as MixingConstants;

  const read = (stems: readonly StemInput[], { roles }: StemOptions): MultichannelAudio[] => {
    const audio = readStems(stems);
    checkRoles(roles, audio.length, pack.manifest.constants['roles'] as Role[]);
    return audio;
  };

  const balance = async (stems: readonly StemInput[], options: BalanceOptions = {}): Promise<Mix> => {
    const { roles, reference, evaluations = EVALUATIONS, budgetMs, ...job } = options;
    const audio = read(stems, options);
    if (!Number.isInteger(evaluations) || evaluations < 1) throw new InputError(`mixing expects 1 or more evaluations, got ${evaluations}`);
    if (budgetMs !== undefined && !(budgetMs > 0)) throw new InputError(`mixing expects a budget above 0 ms, got ${budgetMs}`);
    const sources = [...audio, ...referenceOf(reference)];
    const order = { stems: audio.length, roles, limits: { evaluations, budgetMs }, constants: await constants() };
    const { runJob } = await import('../worker/client.js');
    const { channels, sampleRate, ...rest } = await runJob('mix', sources, order, job);
    return { mix: { channels, sampleRate }, ...rest };
  };

  const describe = async (stems: readonly StemInput[], options: StemOptions = {}): Promise<StemDescription[]> => {
    const audio = read(stems, options);
    const { describeStems } = await import('../mixing/describe.js');
    return describeStems(audio, options.roles, await constants());
  };

  const score: Mixing['score'] = async (stems, options = {}) => {
    const audio = read(stems, options);
    const { settings, roles } = options;
    if (settings !== undefined && settings.length !== audio.length)
      throw new InputError(`mixing expects settings for each of ${audio.length} stems, got ${settings.length}`);
    const { scoreStems } = await import('../mixing/balance.js');
    return scoreStems({ stems: audio, roles, reference: referenceOf(options.reference)[0] ?? null }, settings, await constants());
  };

  return { balance, describe, score };
}

function referenceOf(reference: AudioInput | undefined): MultichannelAudio[] {
  if (reference === undefined) return [];
  const audio = monoOrStereo(reference, 'mixing, the reference,');
  if (audio.channels[0]!.length === 0) throw new InputError('mixing expects at least one sample in the reference, got none');
  return [audio];
}
