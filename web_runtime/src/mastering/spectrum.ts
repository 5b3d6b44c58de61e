/** Long-term spectra in third-octave bands: what a matching equalizer compares. */

import { type SampleSink, Stft } from '../audio/stft.js';

/** Frames of about 93 ms: 4096 samples at 44.1 kHz. */
const FRAME_SECONDS = 0.08;
/** Bands lie a third of an octave apart, from 31.25 Hz to 16 kHz. */
const LOWEST = 31.25;
const BANDS = 28;
/** Bands above this share of the rate are left out: converters and codecs cut there. */
const HIGHEST_SHARE = 0.45;
/** Bands so far below the loudest one, in dB, hold noise rather than music. */
const AUDIBLE = 60;
/** Centres that differ by less, as a share, are those of the same band. */
const SAME_BAND = 0.01;
/** Smallest power that is told from silence. */
const FLOOR = 1e-20;

/** Level of each third-octave band. */
export interface Spectrum {
  /** Centres in Hz, ascending. */
  readonly frequencies: readonly number[];
  /** Mean power in dBFS, summed over channels. */
  readonly levelsDb: readonly number[];
}

/** Centres of the bands that a sampling rate has room for, in Hz. */
export function thirdOctaves(sampleRate: number): number[] {
  return Array.from({ length: BANDS }, (_, band) => LOWEST * 2 ** (band / 3)).filter((centre) => centre * 2 ** (1 / 6) < HIGHEST_SHARE * sampleRate);
}

/** Averages power spectra of audio that arrives in chunks. */
export class SpectrumMeter {
  private readonly power: Float64Array;
  private readonly sinks: readonly SampleSink[];
  private readonly nFft: number;
  private frames = 0;

  constructor(
    private readonly sampleRate: number,
    channelCount: number,
  ) {
    this.nFft = 2 ** Math.ceil(Math.log2(FRAME_SECONDS * sampleRate));
    this.power = new Float64Array(this.nFft / 2 + 1);
    const stft = new Stft({ nFft: this.nFft, hop: this.nFft });
    this.sinks = Array.from({ length: channelCount }, () => stft.stream((power) => this.add(power)));
  }

  /** Takes the next chunk: one array per channel. */
  push(chunk: readonly Float32Array[]): void {
    chunk.forEach((samples, channel) => this.sinks[channel]!.push(samples));
  }

  /** The spectrum of what was pushed; call it once, at the end. */
  result(): Spectrum {
    for (const sink of this.sinks) sink.end();
    const frequencies = thirdOctaves(this.sampleRate);
    const width = this.sampleRate / this.nFft;
    // A Hann window passes 3/8 of the power; a bin stands for the two of +f and -f.
    const scale = (2 * this.sinks.length) / (Math.max(1, this.frames) * this.nFft * this.nFft * 0.375);
    const levelsDb = frequencies.map((centre) => {
      const [low, high] = [(centre * 2 ** (-1 / 6)) / width, (centre * 2 ** (1 / 6)) / width];
      return 10 * Math.log10(scale * this.between(low, high) + FLOOR);
    });
    return { frequencies, levelsDb };
  }

  private add(power: Float32Array): void {
    for (let bin = 0; bin < power.length; bin++) this.power[bin]! += power[bin]!;
    this.frames += 1;
  }

  /** Power between two places on the axis of bins; a bin reaches half a bin to either side. */
  private between(low: number, high: number): number {
    let total = 0;
    for (let bin = Math.floor(low + 0.5); bin <= Math.floor(high + 0.5) && bin < this.power.length; bin++) {
      total += this.power[bin]! * (Math.min(high, bin + 0.5) - Math.max(low, bin - 0.5));
    }
    return total;
  }
}

/**
 * What a spectrum lacks of another's shape, per band in dB, both set to the same mean level; null where the other says nothing or the
 * spectrum holds no music.
 */
export function differenceDb(spectrum: Spectrum, wanted: Spectrum): (number | null)[] {
  const floor = Math.max(...spectrum.levelsDb) - AUDIBLE;
  const differences = spectrum.frequencies.map((frequency, band) => {
    const other = wanted.frequencies.findIndex((one) => Math.abs(one / frequency - 1) < SAME_BAND);
    return other < 0 || spectrum.levelsDb[band]! < floor ? null : wanted.levelsDb[other]! - spectrum.levelsDb[band]!;
  });
  const mean = meanOf(differences.filter((difference) => difference !== null));
  return differences.map((difference) => (difference === null ? null : difference - mean));
}

/** Root mean square of {@link differenceDb} over the bands that it knows, in dB. */
export function spectralDistance(spectrum: Spectrum, wanted: Spectrum): number {
  const known = differenceDb(spectrum, wanted).filter((difference) => difference !== null);
  return Math.sqrt(meanOf(known.map((difference) => difference ** 2)));
}

/**
 * The curve that an equalizer should follow: {@link differenceDb}. Above the bands that are known the last one goes on; below them nothing
 * is raised, where there may be rumble.
 */
export function matchingCurve(spectrum: Spectrum, wanted: Spectrum): number[] {
  const differences = differenceDb(spectrum, wanted);
  const first = differences.findIndex((difference) => difference !== null);
  const last = differences.findLastIndex((difference) => difference !== null);
  return differences.map((difference, band) => {
    if (difference !== null) return difference;
    if (band > last) return differences[last] ?? 0;
    return band < first ? Math.min(0, differences[first] ?? 0) : 0;
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
}
