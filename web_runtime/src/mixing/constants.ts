/** What the pack `mixing` brings from Python: how a stem is looked at, what its role is judged by, and what a mix is judged by. */

import type { BiquadKind } from '../dsp/biquad.js';

/** What a stem plays in a song. */
export type Role = 'drums' | 'bass' | 'voice' | 'keys' | 'other';

/** Terms of the objective; each is 0 where nothing could be better. */
export interface Terms {
  /** Mean squared error of loudness between stems against what their roles and sound ask for; 1 at 6 dB. */
  readonly balance: number;
  /** Share of a stem's loudness that the others take, averaged over stems; 0 to 1. */
  readonly masking: number;
  /** Peaks that stand out too far above the mix's loudness. */
  readonly headroom: number;
  /** Left against right, and stems away from where their roles belong. */
  readonly stereo: number;
  /** Mean squared distance from the reference's long-term spectrum; 1 at 6 dB, 0 without a reference. */
  readonly spectrum: number;
  /** What equalizers, compressors and high-passes cost, so that none is used for nothing. */
  readonly processing: number;
}

/** The pack's data file. */
export interface MixingConstants {
  readonly bands: {
    /** [bands + 1], Hz. */
    readonly edgesHz: readonly number[];
    /** K-weighting as power gain, [bands]. */
    readonly kWeights: readonly number[];
    readonly windowSeconds: number;
  };
  readonly scene: {
    readonly segments: number;
    readonly framesPerSegment: number;
    readonly absoluteGateLufs: number;
    readonly relativeGateLu: number;
  };
  readonly features: {
    readonly names: readonly string[];
    readonly mean: readonly number[];
    readonly scale: readonly number[];
    readonly activeDb: number;
    readonly floorDb: number;
    readonly shareFloor: number;
    readonly onsetDb: number;
  };
  readonly roles: {
    readonly names: readonly Role[];
    /** [features][roles]: logits from standardised features. */
    readonly weights: readonly (readonly number[])[];
    readonly bias: readonly number[];
  };
  readonly levels: {
    /** LU by role. */
    readonly roles: readonly number[];
    /** LU per standardised feature. */
    readonly features: readonly number[];
    /** Bound on what features add, LU either way. */
    readonly limit: number;
  };
  readonly aims: Readonly<Record<Role, { readonly centre: number; readonly position: number; readonly highPassHz: number }>>;
  readonly rules: {
    readonly spreadUpDb: number;
    readonly spreadDownDb: number;
    readonly audibleDb: number;
    readonly balanceDb: number;
    readonly crestDb: number;
    readonly crestRangeDb: number;
    readonly imbalanceDb: number;
    readonly offPosition: number;
    readonly spectrumDb: number;
    readonly spectrumLimitDb: number;
    readonly weights: Terms;
  };
  readonly eqBands: readonly { readonly kind: BiquadKind; readonly frequency: number; readonly q: number }[];
  readonly compressor: { readonly kneeDb: number; readonly attackMs: number; readonly releaseMs: number; readonly rangeDb: number };
}
