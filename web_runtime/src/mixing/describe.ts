/** What automatic mixing hears in stems, in words and numbers of its own: for products that let people correct it. */

import type { MultichannelAudio } from '../audio/input.js';
import { analyse, type GivenRoles } from './analysis.js';
import type { MixingConstants, Role } from './constants.js';
import type { RoleOdds } from './roles.js';
import { lufs } from './scene.js';
import type { StemNote } from './stems.js';

/** One stem as it was heard. */
export interface StemDescription {
  readonly role: Role;
  readonly roleOdds: RoleOdds;
  /** By name; null where the stem is silent. */
  readonly features: Readonly<Record<string, number>> | null;
  /** Loudness of its audible parts in LUFS; null where it is silent. */
  readonly loudness: number | null;
  /** Loudness that its role and sound ask for, in LU; only differences between stems count. */
  readonly wantedLevelDb: number;
  readonly notes: readonly StemNote[];
}

/** Describes stems; copies are described together. */
export async function describeStems(inputs: readonly MultichannelAudio[], roles: GivenRoles, constants: MixingConstants): Promise<StemDescription[]> {
  const { stems, voices } = await analyse(inputs, roles, constants);
  return stems.map(({ notes }, index) => {
    const { role, odds, features, aim, scene } = voices.find(({ members }) => members.includes(index))!;
    const named = features && Object.fromEntries(constants.features.names.map((name, at) => [name, features[at]!]));
    const loudness = features && loudnessOf(scene.left, scene.right, scene.active, constants.bands.kWeights);
    return { role, roleOdds: odds, features: named, loudness, wantedLevelDb: aim.levelDb, notes: features ? notes : ['silent', ...notes] };
  });
}

function loudnessOf(left: Float64Array, right: Float64Array, active: readonly boolean[], weights: readonly number[]): number {
  let [power, segments] = [0, 0];
  active.forEach((isActive, segment) => {
    if (!isActive) return;
    segments++;
    weights.forEach((weight, band) => {
      const at = segment * weights.length + band;
      power += weight * (left[at]! + right[at]!);
    });
  });
  return lufs(power / segments);
}
