/**
 * A tempo to a tenth of a BPM: first where its multiples carry most of the onset strength, then most of the level itself. Rises of decibels
 * do not move evenly with a stroke that lies between two frames, and draw a tempo whose beats are nearly whole frames apart; amplitude does.
 */

import type { Frames } from '../audio/frames.js';
import { vertex } from './candidates.js';
import { transform, wavesAt } from './periodicity.js';
import { centred, normalise, RHYTHM, windowsOf } from './rhythm.js';

/** Refines tempi of one recording; the windows of its curves are cut once. */
export class Refiner {
  private readonly onsets: readonly Float64Array[];
  private readonly levels: readonly Float64Array[];

  /** @param onsets - Onset strength of all bands, [frames]. */
  constructor(onsets: Float64Array, logMel: Frames) {
    this.onsets = cut(onsets);
    this.levels = cut(levelCurve(logMel));
  }

  /** The tempo near one in BPM. */
  refine(bpm: number): number {
    const near = sweep(this.onsets, bpm, RHYTHM.refineShare, RHYTHM.refinePoints) ?? bpm;
    return sweep(this.levels, near, RHYTHM.exactShare, RHYTHM.exactPoints) ?? near;
  }
}

function cut(curve: Float64Array): Float64Array[] {
  const { starts, length } = windowsOf(curve.length);
  return starts.map((start) => normalise(centred(curve, start, length)));
}

/** Amplitude over time, the mean over bands, [frames]. */
function levelCurve({ values, count, size }: Frames): Float64Array {
  return Float64Array.from({ length: count }, (_, frame) => {
    let sum = 0;
    for (let band = 0; band < size; band++) sum += 10 ** (values[frame * size + band]! / 20);
    return sum / size;
  });
}

/** Where the transform's magnitudes at the multiples of a tempo, summed over windows, peak within a share of `bpm`; undefined if nowhere. */
function sweep(windows: readonly Float64Array[], bpm: number, share: number, points: number): number | undefined {
  const step = (2 * share) / (points - 1);
  const total = new Float64Array(points);
  for (const ratio of RHYTHM.refineRatios) {
    const tempi = Array.from({ length: points }, (_, at) => bpm * ratio * (1 - share + step * at));
    const waves = wavesAt(tempi, windows[0]!.length);
    for (const window of windows) {
      const { re, im } = transform(window, waves);
      for (let at = 0; at < points; at++) total[at]! += Math.sqrt(re[at]! ** 2 + im[at]! ** 2);
    }
  }
  const peak = total.reduce((best, value, at) => (value > total[best]! ? at : best), 0);
  if (peak === 0 || peak === points - 1) return undefined;
  return bpm * (1 - share + step * (peak + vertex(total[peak - 1]!, total[peak]!, total[peak + 1]!)));
}
