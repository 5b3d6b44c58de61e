/** The whole of automatic mixing: stems in, settings and mix out. Synchronous, for a worker to run. */

import { type AudioBufferLike, type AudioData, readAudio } from '../dsp/audio.js';
import type { BiquadSettings } from '../dsp/biquad.js';
import type { CompressorSettings } from '../dsp/compressor.js';
import { InputError } from '../errors.js';
import type { Loudness } from '../loudness/meter.js';
import { type Analysis, analyse, longTermSpectrum } from './analysis.js';
import type { MixingConstants, Role } from './constants.js';
import { Objective, type Score, type Task } from './objective.js';
import { thresholdDb } from './processed.js';
import { type ChainedStem, renderMix } from './render.js';
import type { RoleOdds } from './roles.js';
import { search, type Found } from './search.js';
import { compressorOf, NEUTRAL, type StemSettings } from './settings.js';
import type { StemInput, StemNote } from './stems.js';

/** How stems are mixed. */
export interface BalanceOptions {
  /** A finished mix whose long-term spectrum the new one should come close to. */
  readonly reference?: AudioBufferLike | AudioData | undefined;
  /** What each stem plays, where it is known; null or undefined is guessed. */
  readonly roles?: readonly (Role | null | undefined)[] | undefined;
  /** Evaluations of the objective at most; 4,000 by default. The same number gives the same mix. */
  readonly evaluations?: number | undefined;
  /** Milliseconds after which the search stops early and says so; none by default, because what is found then depends on the machine. */
  readonly budgetMs?: number | undefined;
}

/** What became of one stem. */
export interface MixedStem {
  readonly role: Role;
  /** Probability of each role; all on one where it was given. */
  readonly roleOdds: RoleOdds;
  /** Level in the mix, in dB, the mix's common gain included. */
  readonly gainDb: number;
  /** Position, -1 (left) to 1 (right), at constant power; a stereo stem is turned by it. */
  readonly pan: number;
  /** Corner of the high-pass in Hz; null where there is none. */
  readonly highPassHz: number | null;
  /** The equalizer's four bands, lowest first. */
  readonly eq: readonly BiquadSettings[];
  /** The compressor after the equalizer; null where there is none. */
  readonly compressor: CompressorSettings | null;
  /** -1 where the polarity was turned. */
  readonly polarity: 1 | -1;
  /** Loudness of its audible parts in LUFS, as it came and in the mix; null where it is silent. Copies are measured together. */
  readonly loudness: { readonly before: number; readonly after: number } | null;
  /** What was odd about it. */
  readonly notes: readonly StemNote[];
}

/** A mix with everything that led to it. */
export interface Mix {
  /** Stereo, as long as the longest stem, at its rate. */
  readonly mix: AudioData;
  /** What the mix measures. */
  readonly loudness: Loudness;
  /** In the order given. */
  readonly stems: readonly MixedStem[];
  /** The objective with all stems as they came, and with these settings. */
  readonly objective: { readonly before: Score; readonly after: Score };
  /** Gain of the mix as a whole, in dB: to -18 LUFS, or less where its true peak would exceed -1 dBTP. */
  readonly commonGainDb: number;
  readonly evaluations: number;
  /** `converged`: no smaller step helps. `evaluations`, `time`: the limit came first. */
  readonly stopped: Found['stopped'];
}

const EVALUATIONS = 4000;
/** Shares of the work, roughly, as progress tells it. */
const ANALYSED = 0.2;
const SEARCHED = 0.8;

/**
 * Mixes 2 to 16 stems.
 *
 * @param onProgress - Told the share of the work that is done; what it throws ends the work.
 * @throws {@link InputError} where stems or options do not fit.
 */
export function balanceStems(
  inputs: readonly StemInput[],
  { reference, roles, evaluations = EVALUATIONS, budgetMs }: BalanceOptions,
  constants: MixingConstants,
  onProgress: (share: number) => void = () => undefined,
): Mix {
  if (!Number.isInteger(evaluations) || evaluations < 1) throw new InputError(`mixing expects 1 or more evaluations, got ${evaluations}`);
  if (budgetMs !== undefined && !(budgetMs > 0)) throw new InputError(`mixing expects a budget above 0 ms, got ${budgetMs}`);
  const analysis = analyse(inputs, roles, constants, (share) => onProgress(share * ANALYSED));
  const task = taskOf(analysis, reference, constants);
  const objective = new Objective(task, constants);
  const told = (share: number): void => onProgress(ANALYSED + share * (SEARCHED - ANALYSED));
  const found = search(objective, task, { evaluations, budgetMs, onProgress: told });
  const chained = chain(analysis, objective, found.settings, constants);
  const rendered = renderMix(chained, constants, (share) => onProgress(SEARCHED + share * (1 - SEARCHED)));
  const { mix, loudness, commonGainDb } = rendered;
  const stems = analysis.stems.map((_, index) => mixedStem(index, chained[index]!, analysis, objective, found, commonGainDb, constants));
  const { before, after, stopped } = found;
  return { mix, loudness, stems, objective: { before, after }, commonGainDb, evaluations: found.evaluations, stopped };
}

/** The objective of stems under settings of one's own: one for each stem, or none for the stems as they are. */
export function scoreStems(
  inputs: readonly StemInput[],
  options: Pick<BalanceOptions, 'reference' | 'roles'> & { readonly settings?: readonly Partial<StemSettings>[] | undefined },
  constants: MixingConstants,
): Score {
  const analysis = analyse(inputs, options.roles, constants);
  const task = taskOf(analysis, options.reference, constants);
  return new Objective(task, constants).score(analysis.voices.map(({ members }) => ({ ...NEUTRAL, ...options.settings?.[members[0]!] })));
}

function taskOf({ voices, sampleRate }: Analysis, reference: BalanceOptions['reference'], constants: MixingConstants): Task {
  return {
    stems: voices.map(({ scene }) => scene),
    aims: voices.map(({ aim }) => aim),
    sampleRate,
    reference: reference === undefined ? null : longTermSpectrum(readAudio(reference, 'mixing, the reference,'), constants),
  };
}

/** Each stem with the settings of its voice. */
function chain({ stems, voices }: Analysis, objective: Objective, settings: readonly StemSettings[], constants: MixingConstants): ChainedStem[] {
  return stems.map((stem, index) => {
    const place = voices.findIndex(({ members }) => members.includes(index));
    const { scene } = voices[place]!;
    const own = settings[place]!;
    if (own.ratio <= 1) return { stem, settings: own, compressor: null };
    const { makeupDb } = objective.processed(place, own);
    return { stem, settings: own, compressor: compressorOf(own.ratio, thresholdDb(scene, constants.bands.kWeights.length), makeupDb, constants) };
  });
}

function mixedStem(
  index: number,
  { stem, settings, compressor }: ChainedStem,
  { voices }: Analysis,
  objective: Objective,
  found: Found,
  commonGainDb: number,
  { eqBands }: MixingConstants,
): MixedStem {
  const place = voices.findIndex(({ members }) => members.includes(index));
  const { role, odds, features } = voices[place]!;
  const loudness = (own: StemSettings): number => objective.processed(place, own).loudness;
  return {
    role,
    roleOdds: odds,
    gainDb: settings.gainDb + commonGainDb,
    pan: settings.pan,
    highPassHz: settings.highPassHz || null,
    eq: eqBands.map((band, at) => ({ ...band, gainDb: settings.eqDb[at]! })),
    compressor,
    polarity: stem.polarity,
    loudness: features === null ? null : { before: loudness(NEUTRAL), after: loudness(settings) + commonGainDb },
    notes: [...(features === null ? ['silent' as const] : []), ...stem.notes],
  };
}
