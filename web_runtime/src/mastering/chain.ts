/** The chain before the limiter: DC and rumble out, equalizer, compressor, width. */

import { BiquadCascade, type BiquadSettings, designBiquad } from '../dsp/biquad.js';
import { Compressor, type CompressorSettings, MultibandCompressor } from '../dsp/compressor.js';
import type { Processor } from '../dsp/processor.js';
import { StereoWidth, type WidthSettings } from '../dsp/width.js';

/** Sound below it is rumble: a Butterworth high-pass of 12 dB per octave, in Hz. */
export const RUMBLE_HZ = 20;

/** Everything that the chain is set to. */
export interface ChainSettings {
  /** Offset taken from each channel. */
  readonly offsets: readonly number[];
  /** Bands of the equalizer; none where nothing is to be matched. */
  readonly equalizer: readonly BiquadSettings[];
  /** Where the compressor splits, in Hz, and its bands, lowest first: one band has no split, none is off. */
  readonly compressor: { readonly splits: readonly number[]; readonly bands: readonly CompressorSettings[] };
  /** Null leaves the image alone. */
  readonly width: WidthSettings | null;
}

/** A chain at work. */
export class Chain implements Processor {
  private readonly filters: BiquadCascade;
  private readonly compressors: readonly Compressor[];
  private readonly rest: readonly Processor[];

  constructor(
    private readonly settings: ChainSettings,
    sampleRate: number,
    channelCount: number,
  ) {
    const { equalizer, compressor, width } = settings;
    const bands: BiquadSettings[] = [{ kind: 'highPass', frequency: RUMBLE_HZ }, ...equalizer];
    this.filters = new BiquadCascade(
      bands.map((band) => designBiquad(band, sampleRate)),
      channelCount,
    );
    const processors: Processor[] = [];
    if (compressor.bands.length === 1) {
      const single = new Compressor(compressor.bands[0]!, sampleRate, channelCount);
      this.compressors = [single];
      processors.push(single);
    } else if (compressor.bands.length > 1) {
      const multiband = new MultibandCompressor(compressor.splits, compressor.bands, sampleRate, channelCount);
      this.compressors = multiband.compressors;
      processors.push(multiband);
    } else this.compressors = [];
    if (width !== null) processors.push(new StereoWidth(width, sampleRate, channelCount));
    this.rest = processors;
  }

  process(chunk: readonly Float32Array[]): void {
    chunk.forEach((samples, channel) => subtract(samples, this.settings.offsets[channel]!));
    this.filters.process(chunk);
    for (const processor of this.rest) processor.process(chunk);
  }

  reset(): void {
    for (const processor of [this.filters, ...this.rest]) processor.reset();
  }

  /** Largest and mean reduction so far in dB: the largest over bands and looks, the mean of the band that is reduced most. */
  reduction(): { readonly largestDb: number; readonly averageDb: number } {
    const bands = this.compressors.map(({ reduction }) => reduction);
    return {
      largestDb: Math.max(0, ...bands.map(({ largest }) => largest)),
      averageDb: Math.max(0, ...bands.map(({ total, looks }) => total / Math.max(1, looks))),
    };
  }
}

function subtract(samples: Float32Array, offset: number): void {
  if (offset === 0) return;
  for (let i = 0; i < samples.length; i++) samples[i]! -= offset;
}
