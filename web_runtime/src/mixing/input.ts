/** The door of mixing: what stems, roles and references may be, and what is said of those that may not. */

import { type AudioInput, type MultichannelAudio } from '../audio/input.js';
import { monoOrStereo } from '../dsp/channels.js';
import { InputError } from '../errors.js';
import type { Role } from './constants.js';

/** One stem: mono or stereo, full scale at ±1. Channels may be any arrays of numbers. */
export type StemInput = AudioInput | { readonly channels: readonly (readonly number[])[]; readonly sampleRate: number };

const FEWEST = 2;
const MOST = 16;

/**
 * Reads stems.
 *
 * @throws {@link InputError} where their number, a rate or a sample does not fit; it names the stem.
 */
export function readStems(inputs: readonly StemInput[]): MultichannelAudio[] {
  if (!Array.isArray(inputs) || inputs.length < FEWEST || inputs.length > MOST)
    throw new InputError(`mixing expects ${FEWEST} to ${MOST} stems, got ${Array.isArray(inputs) ? inputs.length : typeof inputs}`);
  const audio = inputs.map((input: StemInput, index) => monoOrStereo(inFloats(input), `mixing, stem ${index},`));
  const { sampleRate } = audio[0]!;
  audio.forEach((stem, index) => {
    if (stem.channels[0]!.length === 0) throw new InputError(`mixing expects at least one sample in stem ${index}, got none; leave it out`);
    if (stem.sampleRate !== sampleRate)
      throw new InputError(`mixing expects one rate, got ${sampleRate} and ${stem.sampleRate} Hz in stem ${index}; resample it`);
  });
  return audio;
}

/** Checks roles: one for each stem, null or undefined where unknown. */
export function checkRoles(roles: readonly unknown[] | undefined, stems: number, names: readonly Role[]): void {
  if (roles === undefined) return;
  if (!Array.isArray(roles) || roles.length !== stems)
    throw new InputError(`mixing expects a role for each of ${stems} stems, null where unknown, got ${Array.isArray(roles) ? roles.length : typeof roles}`);
  roles.forEach((role: unknown, index) => {
    if (role !== null && role !== undefined && !names.includes(role as Role))
      throw new InputError(`mixing: unknown role "${String(role)}" of stem ${index}; expected one of ${names.join(', ')}`);
  });
}

function inFloats(input: StemInput): AudioInput {
  const { channels, sampleRate } = (input ?? {}) as { readonly channels?: unknown; readonly sampleRate: number };
  if (!Array.isArray(channels) || !channels.every((channel) => Array.isArray(channel))) return input as AudioInput;
  return { channels: channels.map((samples: number[]) => Float32Array.from(samples)), sampleRate };
}
