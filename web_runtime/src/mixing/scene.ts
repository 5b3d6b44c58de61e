/** The stems of a mix as its objective sees them: band powers by segments of time, peaks, and which segments count. */

import type { MultichannelAudio } from '../audio/input.js';
import type { Bands } from './bands.js';
import type { MixingConstants } from './constants.js';

/** One stem. */
export interface SceneStem {
  /** [segments x bands] mean-square amplitude of each channel. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** [segments] largest squared sample of either channel. */
  readonly peaks: Float64Array;
  /** [segments] loud enough to count, after the two gates of BS.1770-4; none where the stem is silent. */
  readonly active: readonly boolean[];
}

/** Loudness in LUFS of a K-weighted mean square. */
export function lufs(power: number): number {
  return -0.691 + 10 * Math.log10(Math.max(power, 1e-20));
}

/** Segments of all stems over the time of the longest. */
export function sceneOf(stems: readonly MultichannelAudio[], bands: readonly Bands[], constants: Pick<MixingConstants, 'bands' | 'scene'>): SceneStem[] {
  const { segments, framesPerSegment } = constants.scene;
  const frames = Math.max(...bands.map((each) => each.frames));
  const length = Math.max(...stems.map(({ channels }) => channels[0]!.length));
  const count = Math.min(segments, Math.ceil(frames / framesPerSegment));
  return stems.map((stem, index) => {
    const left = averaged(bands[index]!.left, frames, count, constants.bands.kWeights.length);
    const right = averaged(bands[index]!.right, frames, count, constants.bands.kWeights.length);
    return { left, right, peaks: peaksOf(stem.channels, length, count), active: activeOf(left, right, count, constants) };
  });
}

function averaged(powers: Float64Array, frames: number, count: number, bands: number): Float64Array {
  const segments = new Float64Array(count * bands);
  for (let segment = 0; segment < count; segment++) {
    const from = Math.floor((segment * frames) / count);
    const to = Math.floor(((segment + 1) * frames) / count);
    const end = Math.min(to * bands, powers.length);
    for (let at = from * bands; at < end; at++) segments[segment * bands + (at % bands)]! += powers[at]! / (to - from);
  }
  return segments;
}

function peaksOf(channels: readonly Float32Array[], length: number, count: number): Float64Array {
  const peaks = new Float64Array(count);
  for (const samples of channels) {
    for (let segment = 0; segment < count; segment++) {
      const end = Math.min(Math.floor(((segment + 1) * length) / count), samples.length);
      let peak = Math.sqrt(peaks[segment]!);
      for (let i = Math.floor((segment * length) / count); i < end; i++) peak = Math.max(peak, Math.abs(samples[i]!));
      peaks[segment] = peak * peak;
    }
  }
  return peaks;
}

function activeOf(left: Float64Array, right: Float64Array, count: number, constants: Pick<MixingConstants, 'bands' | 'scene'>): boolean[] {
  const { kWeights } = constants.bands;
  const { absoluteGateLufs, relativeGateLu } = constants.scene;
  const powers = Array.from({ length: count }, (_, segment) =>
    kWeights.reduce((total, weight, band) => {
      const at = segment * kWeights.length + band;
      return total + weight * (left[at]! + right[at]!);
    }, 0),
  );
  const audible = powers.filter((power) => lufs(power) > absoluteGateLufs);
  if (audible.length === 0) return powers.map(() => false);
  const gate = Math.max(absoluteGateLufs, lufs(audible.reduce((total, power) => total + power, 0) / audible.length) + relativeGateLu);
  return powers.map((power) => lufs(power) > gate);
}
