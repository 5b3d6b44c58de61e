/** Onset strength of all bands and of the low, middle and high ones: how much louder they are than a moment before. */

import type { Frames } from '../audio/frames.js';
import { melSpectrogram } from '../audio/mel.js';
import { powerToDb } from '../audio/decibels.js';
import { FRAME_RATE, RHYTHM } from './rhythm.js';

/** Curves in dB, each [frames]: all bands, below 200 Hz, between, above 2 kHz. */
export type OnsetCurves = readonly [all: Float64Array, low: Float64Array, mid: Float64Array, high: Float64Array];

/** Log-mel spectrogram in dB of samples at the analysis' rate. */
export function rhythmMel(samples: Float32Array): Frames {
  const { sampleRate, nFft, hop, bands } = RHYTHM;
  return powerToDb(melSpectrogram(samples, { sampleRate, nFft, hop, bands }));
}

/** Mean rise of each group of bands from `rise` seconds before; 0 where there is no such frame. */
export function onsetCurves({ values, count, size }: Frames, rate: number = FRAME_RATE): OnsetCurves {
  const lag = Math.max(Math.round(RHYTHM.rise * rate), 1);
  const edges = [0, RHYTHM.lowBands, RHYTHM.highBands, size];
  const curves = Array.from({ length: 4 }, () => new Float64Array(count)) as unknown as OnsetCurves;
  for (let frame = lag; frame < count; frame++) {
    const now = frame * size;
    const before = now - lag * size;
    let whole = 0;
    for (let group = 0; group < 3; group++) {
      let sum = 0;
      for (let band = edges[group]!; band < edges[group + 1]!; band++) sum += Math.max(values[now + band]! - values[before + band]!, 0);
      curves[group + 1]![frame] = sum / (edges[group + 1]! - edges[group]!);
      whole += sum;
    }
    curves[0][frame] = whole / size;
  }
  return curves;
}
