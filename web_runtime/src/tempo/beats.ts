/** Where the beats lie: strokes that are strong and evenly spaced, found by dynamic programming (Ellis, 'Beat tracking by dynamic programming', 2007). */

import type { TempoAtTime } from './curve.js';
import { FRAME_RATE, RHYTHM } from './rhythm.js';

/**
 * Times of the beats in seconds.
 *
 * @param onsets - Onset strength of all bands, [frames].
 * @param bpm - Tempo of the whole.
 * @param curve - Tempo over time, which counts where it leaves that of the whole.
 */
export function trackBeats(onsets: Float64Array, bpm: number, curve: readonly TempoAtTime[]): number[] {
  const steady = curve.every((moment) => Math.abs(moment.bpm / bpm - 1) < RHYTHM.steadyShare);
  const periods = Float64Array.from(onsets, (_, frame) => (60 * FRAME_RATE) / (steady ? bpm : bpmAt(curve, frame / FRAME_RATE)));
  const strength = smoothed(onsets, (60 * FRAME_RATE) / bpm / 32);
  const { scores, sources } = bestChains(strength, periods);
  const last = lastBeat(scores, periods.at(-1)!);
  const beats: number[] = [];
  for (let frame = last; frame >= 0; frame = sources[frame]!) beats.push(frame);
  return audible(beats.reverse(), strength)
    .map((frame) => (frame + peakOffset(strength, frame)) / FRAME_RATE - RHYTHM.beatDelay)
    .filter((time) => time >= 0);
}

/** For each frame the best score of a chain of beats that ends there, and its beat before; -1 at a chain's beginning. */
function bestChains(strength: Float64Array, periods: Float64Array): { scores: Float64Array; sources: Int32Array } {
  const scores = new Float64Array(strength.length);
  const sources = new Int32Array(strength.length).fill(-1);
  for (let frame = 0; frame < strength.length; frame++) {
    const period = periods[frame]!;
    let best = 0;
    for (let before = Math.max(Math.ceil(frame - 2 * period), 0); before <= frame - period / 2; before++) {
      const score = scores[before]! - RHYTHM.beatTightness * Math.log((frame - before) / period) ** 2;
      if (score <= best) continue;
      best = score;
      sources[frame] = before;
    }
    scores[frame] = strength[frame]! + best;
  }
  return { scores, sources };
}

/** The best end of a chain within the last period. */
function lastBeat(scores: Float64Array, period: number): number {
  let last = scores.length - 1;
  for (let frame = last; frame >= Math.max(scores.length - period, 0); frame--) if (scores[frame]! > scores[last]!) last = frame;
  return last;
}

/** Beats without those before the first and after the last that are heard. */
function audible(beats: readonly number[], strength: Float64Array): number[] {
  const mean = Math.sqrt(beats.reduce((sum, frame) => sum + strength[frame]! ** 2, 0) / Math.max(beats.length, 1));
  const heard = beats.map((frame) => strength[frame]! > 0.5 * mean);
  return beats.slice(Math.max(heard.indexOf(true), 0), heard.lastIndexOf(true) + 1);
}

/** Onset strength in standard deviations, smoothed by a Gaussian of `width` frames. */
function smoothed(onsets: Float64Array, width: number): Float64Array {
  const mean = onsets.reduce((sum, value) => sum + value, 0) / onsets.length;
  const deviation = Math.max(Math.sqrt(onsets.reduce((sum, value) => sum + (value - mean) ** 2, 0) / onsets.length), 1e-9);
  const reach = Math.ceil(3 * width);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-0.5 * ((at - reach) / width) ** 2));
  return Float64Array.from(onsets, (_, frame) => {
    let sum = 0;
    for (let at = -reach; at <= reach; at++) sum += kernel[at + reach]! * (onsets[frame + at] ?? 0);
    return sum / deviation;
  });
}

function peakOffset(values: Float64Array, frame: number): number {
  const [left, middle, right] = [values[frame - 1] ?? 0, values[frame]!, values[frame + 1] ?? 0];
  const curvature = left - 2 * middle + right;
  return curvature < 0 ? Math.max(-0.5, Math.min((0.5 * (left - right)) / curvature, 0.5)) : 0;
}

/** Tempo at a time, linear between the curve's moments. */
function bpmAt(curve: readonly TempoAtTime[], time: number): number {
  const after = curve.findIndex((moment) => moment.time >= time);
  if (after === 0) return curve[0]!.bpm;
  if (after < 0) return curve.at(-1)!.bpm;
  const [before, next] = [curve[after - 1]!, curve[after]!];
  return before.bpm + ((next.bpm - before.bpm) * (time - before.time)) / (next.time - before.time);
}
