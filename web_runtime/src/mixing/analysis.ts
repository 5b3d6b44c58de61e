/** What automatic mixing knows of its stems before it turns a knob: features, roles, aims, and the scene that the objective looks at. */

import type { MultichannelAudio } from '../audio/input.js';
import { type Bands, stemBands } from './bands.js';
import type { MixingConstants, Role } from './constants.js';
import { stemFeatures } from './features.js';
import { type Aim, aimOf, certain, guessRole, likeliest, type RoleOdds } from './roles.js';
import { sceneOf, type SceneStem } from './scene.js';
import { type PreparedStem, prepareStems, together } from './stems.js';
import { type Hooks, UNWATCHED } from './hooks.js';

/** One stem, or several copies of one that are mixed as one. */
export interface Voice {
  /** Indices of its stems; the first is the leader. */
  readonly members: readonly number[];
  readonly scene: SceneStem;
  /** In the order of the pack's feature names; null where it is silent. */
  readonly features: Float64Array | null;
  readonly role: Role;
  readonly odds: RoleOdds;
  readonly aim: Aim;
}

/** All stems of a mix, looked at. */
export interface Analysis {
  readonly stems: readonly PreparedStem[];
  readonly voices: readonly Voice[];
  readonly sampleRate: number;
}

/** Asked of nothing: a silent stem is not set. */
const NO_AIM: Aim = { levelDb: 0, centre: 1, position: 0, highPassHz: 0 };

/** Role of each stem where it is known; the others are guessed. */
export type GivenRoles = readonly (Role | null | undefined)[] | undefined;

/** Looks at stems. */
export async function analyse(
  inputs: readonly MultichannelAudio[],
  roles: GivenRoles,
  constants: MixingConstants,
  hooks: Hooks = UNWATCHED,
): Promise<Analysis> {
  const stems = prepareStems(inputs);
  const leaders = stems.flatMap(({ leader }, index) => (leader === index ? [index] : []));
  const audio: MultichannelAudio[] = leaders.map((leader) => together(stems, leader));
  const bands: Bands[] = [];
  for (const each of audio) {
    bands.push(stemBands(each, constants));
    await hooks.tell(bands.length / audio.length);
  }
  const scenes = sceneOf(audio, bands, constants);
  const voices = leaders.map((leader, place): Voice => {
    const members = stems.flatMap((stem, index) => (stem.leader === leader ? [index] : []));
    const given = members.map((index) => roles?.[index]).find((role) => role !== null && role !== undefined);
    return { members, scene: scenes[place]!, ...described(scenes[place]!, bands[place]!, given, constants) };
  });
  return { stems, voices, sampleRate: stems[0]!.audio.sampleRate };
}

/** Mean band powers of a finished mix, [bands]. */
export function longTermSpectrum(audio: MultichannelAudio, constants: MixingConstants): Float64Array {
  const { left, right, frames } = stemBands(audio, constants);
  const count = constants.bands.kWeights.length;
  const mean = new Float64Array(count);
  for (let at = 0; at < left.length; at++) mean[at % count]! += (left[at]! + right[at]!) / frames;
  return mean;
}

function described(
  scene: SceneStem,
  bands: Bands,
  given: Role | undefined,
  constants: MixingConstants,
): Pick<Voice, 'features' | 'role' | 'odds' | 'aim'> {
  const features = scene.active.includes(true) ? stemFeatures(bands, constants) : null;
  if (features === null) {
    const role = given ?? 'other';
    return { features, role, odds: certain(role, constants), aim: NO_AIM };
  }
  const odds = given === undefined ? guessRole(features, constants) : certain(given, constants);
  return { features, role: likeliest(odds), odds, aim: aimOf(odds, features, constants) };
}
