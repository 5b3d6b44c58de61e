/** Which role a stem plays and how loud it wants to be, by the two linear models that the pack brings. */

import type { MixingConstants, Role } from './constants.js';

/** Probability of each role. */
export type RoleOdds = Readonly<Record<Role, number>>;

/** What is wanted of one stem; only differences of `levelDb` between stems count. */
export interface Aim {
  readonly levelDb: number;
  /** How strongly it belongs in the centre, 0 to 1. */
  readonly centre: number;
  /** How far off the centre it stands where it does not, 0 to 1. */
  readonly position: number;
  /** Highest corner that its high-pass may have, in Hz. */
  readonly highPassHz: number;
}

/** Probabilities of the roles from a stem's features. */
export function guessRole(features: Float64Array, constants: Pick<MixingConstants, 'features' | 'roles'>): RoleOdds {
  const { names, weights, bias } = constants.roles;
  const inputs = standardised(features, constants);
  const logits = names.map((_, role) => inputs.reduce((total, value, index) => total + value * weights[index]![role]!, bias[role]!));
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Object.fromEntries(names.map((name, role) => [name, powers[role]! / total])) as unknown as RoleOdds;
}

/** All on one role. */
export function certain(role: Role, { roles }: Pick<MixingConstants, 'roles'>): RoleOdds {
  return Object.fromEntries(roles.names.map((name) => [name, Number(name === role)])) as unknown as RoleOdds;
}

/** The likeliest role. */
export function likeliest(odds: RoleOdds): Role {
  return (Object.entries(odds) as [Role, number][]).reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** What roles and sound ask for; where the role is unsure, the mean of what each would. */
export function aimOf(odds: RoleOdds, features: Float64Array, constants: Pick<MixingConstants, 'features' | 'roles' | 'levels' | 'aims'>): Aim {
  const { levels, aims, roles } = constants;
  const expected = (value: (role: Role, index: number) => number): number =>
    roles.names.reduce((total, role, index) => total + odds[role] * value(role, index), 0);
  const inputs = standardised(features, constants);
  const bySound = inputs.reduce((total, value, index) => total + value * levels.features[index]!, 0);
  return {
    levelDb: expected((_, index) => levels.roles[index]!) + Math.max(-levels.limit, Math.min(levels.limit, bySound)),
    centre: expected((role) => aims[role].centre),
    position: expected((role) => aims[role].position),
    highPassHz: aims[likeliest(odds)].highPassHz,
  };
}

function standardised(features: Float64Array, { features: { mean, scale } }: Pick<MixingConstants, 'features'>): number[] {
  // What lies further out than any stem of the training renders tells no more than the outermost did.
  return Array.from(features, (value, index) => Math.max(-3, Math.min(3, (value - mean[index]!) / scale[index]!)));
}
