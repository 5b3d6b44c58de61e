/** What a good master is, as one number: what it misses of the target and of the wanted spectrum, and what it costs in dynamics. */

import type { Analysis } from './analysis.js';
import { type Spectrum, spectralDistance } from './spectrum.js';
import type { Target } from './target.js';

/** The objective and its parts; 0 is best. */
export interface Objective {
  /** Weighted sum of the parts. */
  readonly total: number;
  /** Distance from the target's loudness, in LU; 0 where loudness is not defined. */
  readonly loudnessError: number;
  /** True peak above the ceiling, in dB. */
  readonly overshoot: number;
  /** Root mean square difference of third-octave levels from the wanted shape, in dB; 0 where none is wanted. */
  readonly spectralDistance: number;
  /** Crest factor lost since the input, in dB. */
  readonly crestLoss: number;
  /** Transients lost since the input, in dB. */
  readonly transientLoss: number;
  /** Mean reduction by the compressor, in dB; 0 for the input. */
  readonly compression: number;
}

/**
 * Cost of a dB of each part. Loudness and peaks come first; transients cost more than the crest factor, which every loud master loses; and
 * compression that gains nothing else is not worth it.
 */
export const WEIGHTS = { loudnessError: 1, overshoot: 2, spectralDistance: 0.4, crestLoss: 0.1, transientLoss: 0.6, compression: 0.1 } as const;

/** Judges audio against the target, a spectrum to match, and the input it was made from with so much compression. */
export function objectiveOf(audio: Analysis, input: Analysis, compression: number, target: Target, wanted: Spectrum | null): Objective {
  const { integrated, truePeak } = audio.loudness;
  const parts = {
    loudnessError: integrated === null ? 0 : Math.abs(integrated - target.lufs),
    overshoot: Math.max(0, (truePeak ?? -Infinity) - target.truePeakDb),
    spectralDistance: wanted === null ? 0 : spectralDistance(audio.spectrum, wanted),
    crestLoss: Math.max(0, input.dynamics.crestDb - audio.dynamics.crestDb),
    transientLoss: Math.max(0, input.dynamics.transientDb - audio.dynamics.transientDb),
    compression,
  };
  const total = Object.entries(WEIGHTS).reduce((sum, [part, weight]) => sum + weight * parts[part as keyof typeof WEIGHTS], 0);
  return { total, ...parts };
}
