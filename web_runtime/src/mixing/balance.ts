/** The whole of automatic mixing: stems in, settings and mix out. */

import type { MultichannelAudio } from '../audio/input.js';
import type { BiquadSettings } from '../dsp/biquad.js';
import type { CompressorSettings } from '../dsp/compressor.js';
import type { Loudness } from '../loudness/meter.js';
import { type Analysis, analyse, type GivenRoles, longTermSpectrum } from './analysis.js';
import type { MixingConstants, Role } from './constants.js';
import { type Hooks, partOf, UNWATCHED } from './hooks.js';
import { Objective, type Score, type Task } from './objective.js';
import { thresholdDb } from './processed.js';
import { type ChainedStem, renderMix } from './render.js';
import type { RoleOdds } from './roles.js';
import { type Found, search, type SearchLimits } from './search.js';
import { compressorOf, NEUTRAL, type StemSettings } from './settings.js';
import type { StemNote } from './stems.js';

/** What a mix is made of, checked. */
export interface Order {
  readonly stems: readonly MultichannelAudio[];
  readonly roles: GivenRoles;
  /** A finished mix whose long-term spectrum the new one should come close to. */
  readonly reference: MultichannelAudio | null;
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
  readonly mix: MultichannelAudio;
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

/** Shares of the work, roughly, as progress tells it. */
const ANALYSED = 0.2;
const SEARCHED = 0.8;

/** Mixes stems. */
export async function balanceStems(order: Order, limits: SearchLimits, constants: MixingConstants, hooks: Hooks = UNWATCHED): Promise<Mix> {
  const analysis = await analyse(order.stems, order.roles, constants, partOf(hooks, 0, ANALYSED));
  const task = taskOf(analysis, order.reference, constants);
  const objective = new Objective(task, constants);
  const found = await search(objective, task, limits, partOf(hooks, ANALYSED, SEARCHED));
  const chained = chain(analysis, objective, found.settings, constants);
  const { mix, loudness, commonGainDb } = await renderMix(chained, constants, partOf(hooks, SEARCHED, 1));
  const stems = analysis.stems.map((_, index) => mixedStem(index, chained[index]!, analysis, objective, found, commonGainDb, constants));
  const { before, after, stopped, evaluations } = found;
  return { mix, loudness, stems, objective: { before, after }, commonGainDb, evaluations, stopped };
}

/** The objective of stems under settings of one's own: one for each stem, or none for the stems as they are. */
export async function scoreStems(order: Order, settings: readonly Partial<StemSettings>[] | undefined, constants: MixingConstants): Promise<Score> {
  const analysis = await analyse(order.stems, order.roles, constants);
  const task = taskOf(analysis, order.reference, constants);
  return new Objective(task, constants).score(analysis.voices.map(({ members }) => ({ ...NEUTRAL, ...settings?.[members[0]!] })));
}

function taskOf({ voices, sampleRate }: Analysis, reference: MultichannelAudio | null, constants: MixingConstants): Task {
  return {
    stems: voices.map(({ scene }) => scene),
    aims: voices.map(({ aim }) => aim),
    sampleRate,
    reference: reference === null ? null : longTermSpectrum(reference, constants),
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
