/**
 * Linkwitz-Riley crossovers of fourth order: bands that add up to the input with a flat magnitude (S. Linkwitz, "Active crossover
 * networks for noncoincident drivers", 1976). Lower bands pass the all-passes of the later splits, so that all stay in phase.
 */

import { type Biquad, BiquadCascade, type BiquadKind, designBiquad } from './biquad.js';

/** Splits audio into bands, chunk by chunk. */
export class Crossover {
  private readonly lows: readonly BiquadCascade[];
  private readonly highs: readonly BiquadCascade[];
  private readonly alignments: readonly BiquadCascade[];
  private bands: readonly (readonly Float32Array[])[] = [];

  /** @param frequencies - Where to split, in Hz, ascending; one band more than frequencies comes out. */
  constructor(
    private readonly frequencies: readonly number[],
    sampleRate: number,
    private readonly channelCount: number,
  ) {
    const design = (kind: BiquadKind, frequency: number): Biquad => designBiquad({ kind, frequency }, sampleRate);
    const twice = (kind: BiquadKind) => (frequency: number) =>
      new BiquadCascade([design(kind, frequency), design(kind, frequency)], channelCount);
    this.lows = frequencies.map(twice('lowPass'));
    this.highs = frequencies.map(twice('highPass'));
    this.alignments = frequencies.map((_, split) => {
      const later = frequencies.slice(split + 1);
      return new BiquadCascade(
        later.map((frequency) => design('allPass', frequency)),
        channelCount,
      );
    });
  }

  /** Bands of the next chunk, lowest first; the arrays are used again for the chunk after it. */
  split(chunk: readonly Float32Array[]): readonly (readonly Float32Array[])[] {
    const bands = this.room(chunk[0]!.length);
    const rest = bands.at(-1)!;
    chunk.forEach((samples, channel) => rest[channel]!.set(samples));
    this.frequencies.forEach((_, split) => {
      const low = bands[split]!;
      rest.forEach((samples, channel) => low[channel]!.set(samples));
      this.lows[split]!.process(low);
      this.alignments[split]!.process(low);
      this.highs[split]!.process(rest);
    });
    return bands;
  }

  /** Forgets all earlier chunks. */
  reset(): void {
    for (const cascade of [...this.lows, ...this.highs, ...this.alignments]) cascade.reset();
  }

  private room(length: number): readonly (readonly Float32Array[])[] {
    if (this.bands[0]?.[0]!.length !== length) {
      const channels = (): Float32Array[] => Array.from({ length: this.channelCount }, () => new Float32Array(length));
      this.bands = Array.from({ length: this.frequencies.length + 1 }, channels);
    }
    return this.bands;
  }
}
