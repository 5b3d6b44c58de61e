/** Where a master should end up, and how far mastering may go to get it there. */

import { InputError } from '../errors.js';

/** Loudness and ceiling of a master. */
export interface Target {
  /** Integrated loudness in LUFS. */
  readonly lufs: number;
  /** Largest true peak in dBTP. */
  readonly truePeakDb: number;
}

/** Targets by name: what streaming services play at, loud enough for a DJ set, EBU R 128. */
export const PRESETS = {
  streaming: { lufs: -14, truePeakDb: -1 },
  club: { lufs: -11, truePeakDb: -0.5 },
  broadcast: { lufs: -23, truePeakDb: -1 },
} as const satisfies Record<string, Target>;

/** A preset's name. */
export type Preset = keyof typeof PRESETS;

/** No master changes its input by more than this, whatever the target. */
export const BOUNDS = {
  /** Largest gain and cut of the equalizer, in dB. */
  equalizerDb: 6,
  /** Largest reduction of a compressor, in dB. */
  compressionDb: 6,
  /** Largest reduction of the limiter at any moment, in dB. */
  limitingDb: 22,
  /** Largest mean reduction of the limiter over the whole, in dB. */
  averageLimitingDb: 8,
} as const;

const LUFS = { least: -40, most: -6 } as const;
const PEAK = { least: -9, most: 0 } as const;

/**
 * The target that a caller means.
 *
 * @throws {@link InputError} for an unknown name, or values outside -40 to -6 LUFS and -9 to 0 dBTP.
 */
export function readTarget(target: Preset | Target): Target {
  if (typeof target === 'string') {
    const preset = Object.hasOwn(PRESETS, target) ? PRESETS[target] : undefined;
    if (preset === undefined) throw new InputError(`unknown target "${target}"; expected ${Object.keys(PRESETS).join(', ')} or { lufs, truePeakDb }`);
    return preset;
  }
  const { lufs, truePeakDb } = target ?? {};
  if (!(lufs >= LUFS.least && lufs <= LUFS.most))
    throw new InputError(`target.lufs expects ${LUFS.least} to ${LUFS.most} LUFS, got ${String(lufs)}`);
  if (!(truePeakDb >= PEAK.least && truePeakDb <= PEAK.most))
    throw new InputError(`target.truePeakDb expects ${PEAK.least} to ${PEAK.most} dBTP, got ${String(truePeakDb)}`);
  return { lufs, truePeakDb };
}
