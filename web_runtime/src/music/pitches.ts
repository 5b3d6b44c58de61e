/**
 * Spectral peaks of a recording, folded to the twelve pitch classes of its own tuning: `datasets/key_features.py` computes the same and
 * gives the constants.
 */

import { Stft } from '../audio/index.js';

/** Constants of what is heard, from the manifest. */
export interface PitchGrid {
  /** Samples per second; of a frame; from one frame to the next. */
  readonly sampleRate: number;
  readonly nFft: number;
  readonly hop: number;
  /** Where peaks are looked for, in Hz. */
  readonly lowest: number;
  readonly highest: number;
  /** Peaks below this share of their frame's largest magnitude are left out. */
  readonly share: number;
  /** Semitones on either side of a pitch class within which a peak still counts for it. */
  readonly width: number;
  /** A peak's surroundings reach from its frequency divided by this factor to its frequency times it. */
  readonly surroundings: number;
  /** Most that a peak may stand out. */
  readonly outstanding: number;
  /** Frames below this share of the loudest one's largest magnitude are not heard. */
  readonly quiet: number;
}

/** Pitch classes of the frames that sound. */
export interface PitchClasses {
  /** Which frames these are, rising; frame `i` is centred on sample `i * hop`. */
  readonly frame: readonly number[];
  /** [frames, 2, 12] from C on: by magnitude, and by how far peaks stand out of their surroundings; the largest of each row is 1. */
  readonly chroma: Float64Array;
  /** Semitones above A = 440 Hz, in (-0.5, 0.5]. */
  readonly tuning: number;
}

/** Peaks of a recording, frame after frame. */
interface Peaks {
  readonly frame: number[];
  /** MIDI pitch. */
  readonly pitch: number[];
  readonly magnitude: number[];
  readonly outstanding: number[];
  /** The largest magnitude of the peak's frame. */
  readonly largest: number[];
}

const CLASSES = 12;
/** Chroma of a frame: two rows of twelve. */
export const CHROMA = 2 * CLASSES;
const LEAST_MAGNITUDE = 1e-30;

/**
 * Pitch classes of a whole signal.
 *
 * @param samples - [n], at the grid's rate.
 */
export function hearPitches(samples: Float32Array, grid: PitchGrid): PitchClasses {
  const peaks = audible(findPeaks(samples, grid), grid);
  const tuning = tuningOf(peaks);
  const frame: number[] = [];
  const rows: number[] = [];
  let folded = new Float64Array(CHROMA);
  const take = (at: number): void => {
    if (!normalise(folded)) return;
    frame.push(at);
    rows.push(...folded);
  };
  peaks.frame.forEach((at, peak) => {
    if (peak > 0 && at !== peaks.frame[peak - 1]) {
      take(peaks.frame[peak - 1]!);
      folded = new Float64Array(CHROMA);
    }
    fold(folded, peaks.pitch[peak]! - tuning, peaks.magnitude[peak]!, Math.min(peaks.outstanding[peak]!, grid.outstanding), grid.width);
  });
  if (peaks.frame.length > 0) take(peaks.frame.at(-1)!);
  return { frame, chroma: Float64Array.from(rows), tuning };
}

/** Spectral peaks, their places refined by a parabola through the logarithms of three magnitudes. */
function findPeaks(samples: Float32Array, grid: PitchGrid): Peaks {
  const { sampleRate, nFft, surroundings } = grid;
  const peaks: Peaks = { frame: [], pitch: [], magnitude: [], outstanding: [], largest: [] };
  const stft = new Stft({ nFft, hop: grid.hop });
  const [first, last] = [Math.ceil((grid.lowest * nFft) / sampleRate), Math.floor((grid.highest * nFft) / sampleRate)];
  const heard = Math.min(Math.ceil(last * surroundings) + 1, stft.bins);
  const magnitude = new Float64Array(heard);
  const sums = new Float64Array(heard + 1);
  stft.visit(samples, (power, frame) => {
    for (let bin = 0; bin < heard; bin++) {
      magnitude[bin] = Math.sqrt(power[bin]!);
      sums[bin + 1] = sums[bin]! + magnitude[bin]!;
    }
    let largest = 0;
    for (let bin = first; bin <= last; bin++) largest = Math.max(largest, magnitude[bin]!);
    for (let bin = first; bin <= last; bin++) {
      const here = magnitude[bin]!;
      if (!(here > magnitude[bin - 1]! && here >= magnitude[bin + 1]! && here >= grid.share * largest)) continue;
      const [left, middle, right] = [logarithm(magnitude[bin - 1]!), logarithm(here), logarithm(magnitude[bin + 1]!)];
      const shift = (0.5 * (left - right)) / (left - 2 * middle + right);
      const peak = Math.exp(middle - 0.25 * (left - right) * shift);
      const low = Math.floor(bin / surroundings);
      const high = Math.min(Math.ceil(bin * surroundings) + 1, stft.bins);
      peaks.frame.push(frame);
      peaks.pitch.push(69 + 12 * Math.log2(((bin + shift) * sampleRate) / nFft / 440));
      peaks.magnitude.push(peak);
      peaks.outstanding.push(peak / ((sums[high]! - sums[low]!) / (high - low)));
      peaks.largest.push(largest);
    }
  });
  return peaks;
}

/** The peaks of frames that are loud enough beside the loudest. */
function audible(peaks: Peaks, { quiet }: PitchGrid): Peaks {
  const threshold = quiet * peaks.largest.reduce((most, each) => Math.max(most, each), 0);
  const kept = (values: number[]): number[] => values.filter((_, peak) => peaks.largest[peak]! >= threshold);
  return {
    frame: kept(peaks.frame),
    pitch: kept(peaks.pitch),
    magnitude: kept(peaks.magnitude),
    outstanding: kept(peaks.outstanding),
    largest: kept(peaks.largest),
  };
}

/** The circular mean of the peaks' distances from the semitones, by magnitude. */
function tuningOf({ pitch, magnitude }: Peaks): number {
  let [re, im] = [0, 0];
  pitch.forEach((each, peak) => {
    re += magnitude[peak]! * Math.cos(2 * Math.PI * each);
    im += magnitude[peak]! * Math.sin(2 * Math.PI * each);
  });
  return re === 0 && im === 0 ? 0 : Math.atan2(im, re) / (2 * Math.PI);
}

/** Adds a peak to both rows of a frame's chroma, by the squared cosine of its distance. */
function fold(folded: Float64Array, pitch: number, magnitude: number, outstanding: number, width: number): void {
  for (let pitchClass = 0; pitchClass < CLASSES; pitchClass++) {
    const turned = (pitch - pitchClass + 6) % CLASSES;
    const away = Math.abs((turned < 0 ? turned + CLASSES : turned) - 6);
    if (!(away < width)) continue;
    const share = Math.cos(((Math.PI / 2) * away) / width) ** 2;
    folded[pitchClass]! += magnitude * share;
    folded[CLASSES + pitchClass]! += outstanding * share;
  }
}

/** Scales both rows to a largest value of 1; tells whether both sound. */
function normalise(folded: Float64Array): boolean {
  const rows = [folded.subarray(0, CLASSES), folded.subarray(CLASSES)];
  const largest = rows.map((row) => Math.max(...row));
  if (!largest.every((each) => each > 0)) return false;
  rows.forEach((row, at) => row.forEach((value, pitchClass) => (row[pitchClass] = value / largest[at]!)));
  return true;
}

function logarithm(magnitude: number): number {
  return Math.log(Math.max(magnitude, LEAST_MAGNITUDE));
}
