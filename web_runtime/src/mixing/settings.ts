/** What is done to one stem: settings as a person would read them, and the filters that they mean. */

import { designBiquad, type Biquad } from '../dsp/biquad.js';
import type { CompressorSettings } from '../dsp/compressor.js';
import type { MixingConstants } from './constants.js';

/** One stem's settings, in the order of its chain. */
export interface StemSettings {
  /** Corner of a second-order Butterworth high-pass, in Hz; 0 is none. */
  readonly highPassHz: number;
  /** Gains of the equalizer's four bands, lowest first, in dB. */
  readonly eqDb: readonly number[];
  /** Of the compressor, whose threshold is the stem's own mean level; 1 is none. */
  readonly ratio: number;
  /** Level after all, in dB. */
  readonly gainDb: number;
  /** Position, -1 (left) to 1 (right), at constant power. */
  readonly pan: number;
}

/** Settings that change nothing. */
export const NEUTRAL: StemSettings = { highPassHz: 0, eqDb: [0, 0, 0, 0], ratio: 1, gainDb: 0, pan: 0 };

/** High-pass and equalizer as filters, those that do nothing left out. */
export function filtersOf({ highPassHz, eqDb }: StemSettings, sampleRate: number, { eqBands }: Pick<MixingConstants, 'eqBands'>): Biquad[] {
  const highPass = highPassHz > 0 ? [designBiquad({ kind: 'highPass', frequency: highPassHz }, sampleRate)] : [];
  const bands = eqBands.flatMap((band, index) => (eqDb[index] === 0 ? [] : [designBiquad({ ...band, gainDb: eqDb[index]! }, sampleRate)]));
  return [...highPass, ...bands];
}

/** The compressor of a stem. */
export function compressorOf(
  ratio: number,
  thresholdDb: number,
  makeupDb: number,
  { compressor }: Pick<MixingConstants, 'compressor'>,
): CompressorSettings {
  return { ...compressor, ratio, thresholdDb, makeupDb };
}

/** Amplitude gains of left and right: constant power, both 1 in the centre. */
export function panGains(pan: number): readonly [number, number] {
  const angle = ((pan + 1) * Math.PI) / 4;
  return [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)];
}
