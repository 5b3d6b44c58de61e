/** What automatic mixing knows of its stems before it turns a knob: features, roles, aims, and the scene that the objective looks at. */

import type { AudioData } from '../dsp/audio.js';
import { InputError } from '../errors.js';
import { type Bands, stemBands } from './bands.js';
import type { MixingConstants, Role } from './constants.js';
import { stemFeatures } from './features.js';
import { type Aim, aimOf, certain, guessRole, likeliest, type RoleOdds } from './roles.js';
import { sceneOf, type SceneStem } from './scene.js';
import { type PreparedStem, prepareStems, type StemInput, together } from './stems.js';

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

/**
 * Looks at stems.
 *
 * @param roles - Role of each stem where it is known; the others are guessed.
 * @throws {@link InputError} where stems or roles do not fit.
 */
export function analyse(
  inputs: readonly StemInput[],
  roles: readonly (Role | null | undefined)[] | undefined,
  constants: MixingConstants,
  onProgress: (share: number) => void = () => undefined,
): Analysis {
  const stems = prepareStems(inputs);
  checkRoles(roles, stems.length, constants);
  const leaders = stems.flatMap(({ leader }, index) => (leader === index ? [index] : []));
  const audio: AudioData[] = leaders.map((leader) => together(stems, leader));
  const bands = audio.map((each, place) => {
    const looked = stemBands(each, constants);
    onProgress((place + 1) / audio.length);
    return looked;
  });
  const scenes = sceneOf(audio, bands, constants);
  const voices = leaders.map((leader, place): Voice => {
    const members = stems.flatMap((stem, index) => (stem.leader === leader ? [index] : []));
    const given = members.map((index) => roles?.[index]).find((role) => role !== null && role !== undefined);
    return { members, scene: scenes[place]!, ...described(scenes[place]!, bands[place]!, given, constants) };
  });
  return { stems, voices, sampleRate: stems[0]!.audio.sampleRate };
}

/** Mean band powers of a finished mix, [bands]. */
export function longTermSpectrum(audio: AudioData, constants: MixingConstants): Float64Array {
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

function checkRoles(roles: readonly unknown[] | undefined, stems: number, { roles: { names } }: MixingConstants): void {
  if (roles === undefined) return;
  if (!Array.isArray(roles) || roles.length !== stems)
    throw new InputError(`mixing expects a role for each of ${stems} stems, null where unknown, got ${Array.isArray(roles) ? roles.length : typeof roles}`);
  roles.forEach((role: unknown, index) => {
    if (role !== null && role !== undefined && !names.includes(role as Role))
      throw new InputError(`mixing: unknown role "${String(role)}" of stem ${index}; expected one of ${names.join(', ')}`);
  });
}
