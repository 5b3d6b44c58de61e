/** From the few numbers that are searched to everything that the chain and the limiter are set to. */

import type { BiquadSettings } from '../dsp/biquad.js';
import type { CompressorSettings } from '../dsp/compressor.js';
import { fitEqualizer } from '../dsp/equalizer.js';
import type { LimiterSettings } from '../dsp/limiter.js';
import type { Analysis } from './analysis.js';
import type { ChainSettings } from './chain.js';
import { matchingCurve, type Spectrum } from './spectrum.js';
import { BOUNDS } from './target.js';

/** What is searched. */
export interface Choice {
  /** Share of the way to the wanted spectrum, 0 to 1. */
  readonly match: number;
  /** Ratio of the compressor; 1 is off. */
  readonly ratio: number;
  /** Attack of the compressor, as a factor: 1 lets transients through, less catches them before the limiter has to. */
  readonly attack: number;
  /** Whether three bands are compressed on their own. */
  readonly multiband: boolean;
  /** Release of the limiter, in ms. */
  readonly release: number;
}

/** Where a multiband compressor splits, in Hz. */
const SPLITS = [160, 2800] as const;
/** The compressor begins to act so far below the level of what it compresses, in dB. */
const BELOW_LEVEL = 4;
const KNEE = 8;
interface Times {
  readonly attackMs: number;
  readonly releaseMs: number;
}

/** Attack and release in ms: slow enough in the bass not to follow its waves. */
const TIMES = {
  single: { attackMs: 20, releaseMs: 160 },
  bands: [
    { attackMs: 30, releaseMs: 220 },
    { attackMs: 15, releaseMs: 140 },
    { attackMs: 8, releaseMs: 90 },
  ],
} as const;

const LOOK_AHEAD_MS = 4;
/** Bass below it turns mono, in Hz. */
const MONO_BELOW = 100;
/** Bands per octave of the equalizer: a genre shares a broad shape, a reference is followed to the third octave. */
const BANDS = { genre: 1, reference: 3 } as const;
/** Bounds of the factor by which a reference may change the side signal. */
const WIDTHS = { least: 0.8, most: 1.25 } as const;
/** A channel so far below the other, in dB, is dead, and stays so. */
const DEAD = 60;

/** What the settings are made for. */
export interface Material {
  readonly sampleRate: number;
  /** Analysis of the input. */
  readonly input: Analysis;
  /** Spectrum to match; null for none. */
  readonly wanted: Spectrum | null;
  /** Whether that is a reference's own spectrum, and no genre's. */
  readonly isReference: boolean;
  /** The reference's side over mid in dB; null where there is none. */
  readonly wantedSideDb: number | null;
}

/** Settings of the chain for a choice. */
export function chainSettings({ match, ratio, attack, multiband }: Choice, material: Material): ChainSettings {
  const { input, wanted, wantedSideDb } = material;
  return {
    offsets: input.offsets,
    equalizer: wanted === null || match === 0 ? [] : matching(match, wanted, material),
    compressor: ratio === 1 ? { splits: [], bands: [] } : multiband ? bands(input, ratio, attack) : single(input, ratio, attack),
    width: widthOf(input, wantedSideDb),
  };
}

/** Settings of the limiter for a choice. */
export function limiterSettings({ release }: Choice, gainDb: number, ceilingDb: number): LimiterSettings {
  return { gainDb, ceilingDb, lookAheadMs: LOOK_AHEAD_MS, releaseMs: release };
}

function matching(match: number, wanted: Spectrum, { input, isReference, sampleRate }: Material): BiquadSettings[] {
  const gainsDb = matchingCurve(input.spectrum, wanted).map((gain) => match * gain);
  const curve = { frequencies: input.spectrum.frequencies, gainsDb };
  return fitEqualizer(curve, sampleRate, BOUNDS.equalizerDb, isReference ? BANDS.reference : BANDS.genre);
}

function single({ dynamics }: Analysis, ratio: number, attack: number): ChainSettings['compressor'] {
  return { splits: [], bands: [compressor(dynamics.levelDb, ratio, attack, TIMES.single)] };
}

function bands({ dynamics, spectrum }: Analysis, ratio: number, attack: number): ChainSettings['compressor'] {
  const powers = [0, 0, 0];
  spectrum.frequencies.forEach((frequency, at) => {
    const band = SPLITS.filter((split) => frequency >= split).length;
    powers[band]! += 10 ** (spectrum.levelsDb[at]! / 10);
  });
  const total = powers.reduce((sum, power) => sum + power, 0);
  const levels = powers.map((power) => dynamics.levelDb + 10 * Math.log10(power / total + 1e-6));
  return { splits: SPLITS, bands: levels.map((level, band) => compressor(level, ratio, attack, TIMES.bands[band]!)) };
}

function compressor(level: number, ratio: number, attack: number, { attackMs, releaseMs }: Times): CompressorSettings {
  const times = { attackMs: attack * attackMs, releaseMs };
  return { thresholdDb: level - BELOW_LEVEL, ratio, kneeDb: KNEE, ...times, rangeDb: BOUNDS.compressionDb, makeupDb: 0 };
}

function widthOf({ powers, sideDb }: Analysis, wantedSideDb: number | null): ChainSettings['width'] {
  if (powers.length === 1) return null;
  const [low, high] = [Math.min(...powers), Math.max(...powers)];
  if (low <= high * 10 ** (-DEAD / 10)) return null;
  const width = sideDb === null || wantedSideDb === null ? 1 : 10 ** ((wantedSideDb - sideDb) / 20);
  return { width: Math.max(WIDTHS.least, Math.min(WIDTHS.most, width)), monoBelow: MONO_BELOW };
}
