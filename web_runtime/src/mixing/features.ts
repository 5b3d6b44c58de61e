/** What tells a stem's role whatever its level and position: features of its band powers, as `datasets/stem_features.py` computes them. */

import type { Bands } from './bands.js';
import type { MixingConstants } from './constants.js';

/** Coarse bands of the spectrum's shares. */
const GROUPS = 8;
/** Keeps the logarithm of an empty band finite. */
const TINY = 1e-6;

/**
 * Features of a stem in the order of the pack's names.
 *
 * @returns null where the stem is silent.
 */
export function stemFeatures(bands: Bands, constants: Pick<MixingConstants, 'bands' | 'features'>): Float64Array | null {
  const { kWeights } = constants.bands;
  const { activeDb, floorDb, shareFloor, onsetDb } = constants.features;
  const count = kWeights.length;
  const power = bands.left.map((left, index) => left + bands.right[index]!);
  const level = Float64Array.from({ length: bands.frames }, (_, frame) => dot(power.subarray(frame * count, (frame + 1) * count), kWeights));
  const loudest = max(level);
  if (!(loudest > 0)) return null;
  const active = Array.from(level.keys()).filter((frame) => level[frame]! > loudest * 10 ** (activeDb / 10));
  const rise = rises(power, bands.frames, count, max(power) * 10 ** (floorDb / 10));
  const spectrum = new Float64Array(count);
  const each = active.map((frame) => {
    const row = power.subarray(frame * count, (frame + 1) * count);
    row.forEach((value, band) => (spectrum[band]! += value));
    return frameShape(row);
  });
  const levels = active.map((frame) => 10 * Math.log10(level[frame]!));
  const centroids = each.map(({ centroid }) => centroid);
  return Float64Array.from([
    ...shares(spectrum).map((share) => 10 * Math.log10(share + shareFloor)),
    active.length / bands.frames,
    deviation(levels),
    10 * Math.log10(loudest / mean(active.map((frame) => level[frame]!))),
    mean(active.map((frame) => rise[frame]!)),
    peaksAbove(rise, onsetDb) / (bands.frames / bands.framesPerSecond),
    10 * (mean(each.map(({ logMean }) => logMean)) - Math.log10(1 / count)),
    mean(each.map(({ peak }) => peak)),
    mean(centroids),
    deviation(centroids),
    bands.width,
    10 * Math.log10(bands.peak / mean(active.map((frame) => level[frame]!))),
  ]);
}

/** Mean rise in dB over the bands from each frame to the next. */
function rises(power: Float64Array, frames: number, bands: number, floor: number): Float64Array {
  const db = power.map((value) => 10 * Math.log10(Math.max(value, floor)));
  return Float64Array.from({ length: frames }, (_, frame) => {
    if (frame === 0) return 0;
    let total = 0;
    for (let at = frame * bands; at < (frame + 1) * bands; at++) total += Math.max(db[at]! - db[at - bands]!, 0);
    return total / bands;
  });
}

function frameShape(row: Float64Array): { readonly centroid: number; readonly peak: number; readonly logMean: number } {
  const total = sum(row);
  let [centroid, peak, logs] = [0, 0, 0];
  row.forEach((value, band) => {
    const share = value / total;
    centroid += (share * band) / row.length;
    peak = Math.max(peak, share);
    logs += Math.log10(share + TINY);
  });
  return { centroid, peak, logMean: logs / row.length };
}

function shares(spectrum: Float64Array): number[] {
  const width = spectrum.length / GROUPS;
  const total = sum(spectrum);
  return Array.from({ length: GROUPS }, (_, group) => sum(spectrum.subarray(group * width, (group + 1) * width)) / total);
}

function peaksAbove(curve: Float64Array, least: number): number {
  let count = 0;
  for (let i = 1; i < curve.length - 1; i++) {
    if (curve[i]! > least && curve[i]! > curve[i - 1]! && curve[i]! >= curve[i + 1]!) count++;
  }
  return count;
}

function dot(values: Float64Array, weights: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * weights[i]!;
  return total;
}

function max(values: Float64Array): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}

function sum(values: Float64Array | readonly number[]): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
