/** A stem as the ear divides it: power over time in bands of equal width on the ERB scale, as `datasets/stem_bands.py` computes it. */

import type { MultichannelAudio } from '../audio/input.js';
import { Stft } from '../audio/stft.js';
import type { MixingConstants } from './constants.js';

/** Mean-square amplitude per frame and band, row by row. */
export interface Bands {
  /** [frames x bands] of each channel. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly frames: number;
  /** 1 - |correlation of left and right|: 0 for a panned mono source. */
  readonly width: number;
  /** Largest sum of the squares of both channels' samples, the same however a mono source is panned. */
  readonly peak: number;
  readonly framesPerSecond: number;
}

/** Band powers of one stem; mono counts as the same in both channels at -3 dB each. */
export function stemBands({ channels, sampleRate }: MultichannelAudio, { bands }: Pick<MixingConstants, 'bands'>): Bands {
  const size = 2 ** Math.round(Math.log2(bands.windowSeconds * sampleRate));
  const stft = new Stft({ nFft: size, hop: size / 2 });
  const frames = stft.frameCount(channels[0]!.length);
  const bandOf = bandsOfBins(bands.edgesHz, sampleRate, size);
  const powers = channels.map((samples) => bandPowers(stft, samples, frames, bandOf, bands.edgesHz.length - 1));
  if (powers.length === 1) powers[0]!.forEach((power, index, all) => (all[index] = power / 2));
  return { left: powers[0]!, right: powers.at(-1)!, frames, width: widthOf(channels), peak: peakOf(channels), framesPerSecond: (2 * sampleRate) / size };
}

/** Band of each bin of a spectrum; -1 outside all bands. */
function bandsOfBins(edges: readonly number[], sampleRate: number, size: number): Int16Array {
  const bandOf = new Int16Array(size / 2).fill(-1);
  let band = 0;
  for (let bin = 1; bin < size / 2; bin++) {
    const frequency = (bin * sampleRate) / size;
    while (band < edges.length - 1 && frequency >= edges[band + 1]!) band++;
    if (frequency >= edges[0]! && band < edges.length - 1) bandOf[bin] = band;
  }
  return bandOf;
}

function bandPowers(stft: Stft, samples: Float32Array, frames: number, bandOf: Int16Array, bands: number): Float64Array {
  const powers = new Float64Array(frames * bands);
  // One-sided spectrum to mean square, for a Hann window: the sum of its squares is 3/8 of its length.
  const scale = 2 / (stft.nFft * stft.nFft * 0.375);
  stft.visit(samples, (power, frame) => {
    for (let bin = 1; bin < bandOf.length; bin++) {
      const band = bandOf[bin]!;
      if (band >= 0) powers[frame * bands + band]! += scale * power[bin]!;
    }
  });
  return powers;
}

function peakOf(channels: readonly Float32Array[]): number {
  let peak = 0;
  for (let i = 0; i < channels[0]!.length; i++) {
    let power = 0;
    for (const samples of channels) power += samples[i]! * samples[i]!;
    if (power > peak) peak = power;
  }
  return peak;
}

function widthOf(channels: readonly Float32Array[]): number {
  if (channels.length === 1) return 0;
  const [left, right] = channels as [Float32Array, Float32Array];
  let [ll, rr, lr] = [0, 0, 0];
  for (let i = 0; i < left.length; i++) {
    ll += left[i]! * left[i]!;
    rr += right[i]! * right[i]!;
    lr += left[i]! * right[i]!;
  }
  return ll * rr > 0 ? 1 - Math.abs(lr) / Math.sqrt(ll * rr) : 0;
}
