/** What a stem's settings make of its band powers: cheap enough to be asked thousands of times. */

import { gainDbAt } from '../dsp/biquad.js';
import { reductionDb } from '../dsp/compressor.js';
import type { MixingConstants } from './constants.js';
import { lufs, type SceneStem } from './scene.js';
import { compressorOf, filtersOf, panGains, type StemSettings } from './settings.js';

/** A stem after its settings. */
export interface Processed {
  /** [segments x bands] mean-square amplitude. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** [segments x bands]: what it masks, its own bands included. */
  readonly maskLeft: Float64Array;
  readonly maskRight: Float64Array;
  /** Largest of all of them. */
  readonly strongest: number;
  /** [segments] largest squared sample. */
  readonly peaks: Float64Array;
  /** Loudness over its active segments, in LUFS. */
  readonly loudness: number;
  /** K-weighted power of each channel, over all segments. */
  readonly sides: readonly [number, number];
  /** Gain that gives back what the compressor takes, in dB. */
  readonly makeupDb: number;
  /** What the processing costs. */
  readonly cost: number;
}

type Needed = Pick<MixingConstants, 'bands' | 'rules' | 'eqBands' | 'compressor'>;
const TINY = 1e-20;

/** Mean level of a stem's active segments in its louder channel, in dBFS of the mean square: where its compressor begins. */
export function thresholdDb(stem: SceneStem, bands: number): number {
  const levels = louderOf(stem.left, stem.right, bands).filter((_, segment) => stem.active[segment]);
  return decibels(levels.reduce((total, level) => total + level, 0) / levels.length);
}

/** Applies settings to a stem that is not silent. */
export function process(stem: SceneStem, settings: StemSettings, sampleRate: number, constants: Needed): Processed {
  const { kWeights } = constants.bands;
  const count = kWeights.length;
  const shape = responseOf(settings, sampleRate, constants);
  const left = stem.left.map((power, at) => power * shape[at % count]!);
  const right = stem.right.map((power, at) => power * shape[at % count]!);
  const { gains, makeupDb } = gainsOf(stem, left, right, settings, constants);
  const [toLeft, toRight] = panGains(settings.pan).map((gain) => gain * gain) as [number, number];
  const sides: [number, number] = [0, 0];
  let [heard, segments] = [0, 0];
  for (let segment = 0; segment < gains.length; segment++) {
    let [l, r] = [0, 0];
    for (let band = 0, at = segment * count; band < count; band++, at++) {
      left[at]! *= gains[segment]! * toLeft;
      right[at]! *= gains[segment]! * toRight;
      l += left[at]! * kWeights[band]!;
      r += right[at]! * kWeights[band]!;
    }
    sides[0] += l;
    sides[1] += r;
    if (!stem.active[segment]) continue;
    heard += l + r;
    segments++;
  }
  return {
    left,
    right,
    strongest: Math.max(left.reduce(larger, 0), right.reduce(larger, 0)),
    maskLeft: spread(left, count, constants),
    maskRight: spread(right, count, constants),
    peaks: stem.peaks.map((peak, segment) => peak * gains[segment]! * Math.max(toLeft, toRight)),
    loudness: lufs(heard / segments),
    sides,
    makeupDb,
    cost: costOf(settings),
  };
}

/** Power gain of high-pass and equalizer at the bands' centres; nothing passes above half the rate. */
function responseOf(settings: StemSettings, sampleRate: number, constants: Needed): number[] {
  const { edgesHz, kWeights } = constants.bands;
  const filters = filtersOf(settings, sampleRate, constants);
  return kWeights.map((_, band) => {
    const centre = Math.sqrt(edgesHz[band]! * edgesHz[band + 1]!);
    return centre < sampleRate / 2 ? 10 ** (gainDbAt(filters, centre, sampleRate) / 10) : 0;
  });
}

/** Power gain of each segment: level, compression and what makes up for it. */
function gainsOf(
  stem: SceneStem,
  left: Float64Array,
  right: Float64Array,
  { gainDb, ratio }: StemSettings,
  constants: Needed,
): { readonly gains: Float64Array; readonly makeupDb: number } {
  const gain = 10 ** (gainDb / 10);
  const { kWeights } = constants.bands;
  const count = kWeights.length;
  if (ratio <= 1) return { gains: new Float64Array(stem.active.length).fill(gain), makeupDb: 0 };
  const settings = compressorOf(ratio, thresholdDb(stem, count), 0, constants);
  const reduced = louderOf(left, right, count).map((level) => 10 ** (-reductionDb(decibels(level), settings) / 10));
  let [before, after] = [0, 0];
  stem.active.forEach((active, segment) => {
    if (!active) return;
    let power = 0;
    for (let band = 0, at = segment * count; band < count; band++, at++) power += (left[at]! + right[at]!) * kWeights[band]!;
    before += power;
    after += power * reduced[segment]!;
  });
  const makeup = before / Math.max(after, TINY);
  return { gains: Float64Array.from(reduced, (factor) => factor * makeup * gain), makeupDb: 10 * Math.log10(Math.max(makeup, TINY)) };
}

/** Mean square of each segment in the louder channel. */
function louderOf(left: Float64Array, right: Float64Array, bands: number): number[] {
  return Array.from({ length: left.length / bands }, (_, segment) => {
    let [l, r] = [0, 0];
    for (let at = segment * bands; at < (segment + 1) * bands; at++) {
      l += left[at]!;
      r += right[at]!;
    }
    return Math.max(l, r);
  });
}

/** What each band's power masks in its neighbours, exponential both ways. */
function spread(power: Float64Array, bands: number, { rules }: Needed): Float64Array {
  const up = 10 ** (-rules.spreadUpDb / 10);
  const down = 10 ** (-rules.spreadDownDb / 10);
  const spreaded = new Float64Array(power.length);
  for (let start = 0; start < power.length; start += bands) {
    let carried = 0;
    for (let at = start; at < start + bands; at++) {
      spreaded[at] = carried = power[at]! + up * carried;
    }
    carried = 0;
    for (let at = start + bands - 1; at >= start; at--) {
      spreaded[at]! += down * carried;
      carried = power[at]! + down * carried;
    }
  }
  return spreaded;
}

function costOf({ eqDb, ratio, highPassHz }: StemSettings): number {
  const bent = eqDb.reduce((total, gain) => total + gain * gain, 0);
  return (0.25 * bent) / 36 + 0.1 * (ratio - 1) + (highPassHz > 0 ? 0.05 : 0);
}

function larger(one: number, other: number): number {
  return Math.max(one, other);
}

function decibels(power: number): number {
  return 10 * Math.log10(Math.max(power, TINY));
}
