/** What the search for a mix makes smaller: a sum of stated terms over band powers, as `keras_models/mixing_objective.py` computes it. */

import type { MixingConstants, Terms } from './constants.js';
import { process, type Processed } from './processed.js';
import type { Aim } from './roles.js';
import { lufs, type SceneStem } from './scene.js';
import type { StemSettings } from './settings.js';

/** The terms and their weighted sum. */
export interface Score extends Terms {
  readonly total: number;
}

/** What the objective is told beside the settings. */
export interface Task {
  readonly stems: readonly SceneStem[];
  /** One for each stem; those of silent stems are not read. */
  readonly aims: readonly Aim[];
  readonly sampleRate: number;
  /** [bands] mean power of a mix to come close to. */
  readonly reference: Float64Array | null;
}

const TINY = 1e-20;

/** The objective of one task; what a settings object makes of a stem is computed once. */
export class Objective {
  /** Indices of the stems that can be heard. */
  readonly heard: readonly number[];
  private readonly known: readonly WeakMap<StemSettings, Processed>[];

  constructor(
    private readonly task: Task,
    private readonly constants: MixingConstants,
  ) {
    this.known = task.stems.map(() => new WeakMap());
    this.heard = [...task.stems.keys()].filter((index) => task.stems[index]!.active.includes(true));
  }

  /** What one stem's settings make of it. */
  processed(index: number, settings: StemSettings): Processed {
    const known = this.known[index]!;
    const processed = known.get(settings) ?? process(this.task.stems[index]!, settings, this.task.sampleRate, this.constants);
    known.set(settings, processed);
    return processed;
  }

  /** All terms for one setting of each stem; zeros where nothing can be heard. */
  score(settings: readonly StemSettings[]): Score {
    const { rules, bands } = this.constants;
    const { heard } = this;
    if (heard.length === 0) return { balance: 0, masking: 0, headroom: 0, stereo: 0, spectrum: 0, processing: 0, total: 0 };
    const stems = heard.map((index) => this.processed(index, settings[index]!));
    const aims = heard.map((index) => this.task.aims[index]!);
    const loudness = lufs(total(stems.map(({ sides: [left, right] }) => left + right)) / stems[0]!.peaks.length);
    const terms: Terms = {
      balance: balanceOf(stems, aims) / rules.balanceDb ** 2,
      masking: this.masking(stems),
      headroom: headroomOf(stems, loudness, rules),
      stereo: stereoOf(stems, aims, rules),
      spectrum: this.task.reference === null ? 0 : spectrumOf(longTerm(stems, bands.kWeights.length), this.task.reference, this.constants),
      processing: total(stems.map(({ cost }) => cost)) / stems.length,
    };
    const names = Object.keys(terms) as (keyof Terms)[];
    return { ...terms, total: total(names.map((name) => rules.weights[name] * terms[name])) };
  }

  /**
   * Share of a stem's loudness that the others take, averaged over stems: partial loudness `(signal + others)^a - others^a` after Moore,
   * Glasberg and Baer (1997), simplified, with the fourth root.
   */
  private masking(stems: readonly Processed[]): number {
    const allLeft = added(stems.map(({ maskLeft }) => maskLeft));
    const allRight = added(stems.map(({ maskRight }) => maskRight));
    const bands = this.constants.bands.kWeights.length;
    let lost = 0;
    stems.forEach((stem, place) => {
      const { active } = this.task.stems[this.heard[place]!]!;
      const audible = stem.strongest * 10 ** (this.constants.rules.audibleDb / 10);
      let [alone, partial] = [0, 0];
      for (let segment = 0; segment < active.length; segment++) {
        if (!active[segment]) continue;
        for (let at = segment * bands; at < (segment + 1) * bands; at++) {
          const [left, right] = [stem.left[at]!, stem.right[at]!];
          if (left > audible) {
            const others = Math.max(allLeft[at]! - stem.maskLeft[at]!, 0);
            alone += fourthRoot(left);
            partial += fourthRoot(left + others) - fourthRoot(others);
          }
          if (right > audible) {
            const others = Math.max(allRight[at]! - stem.maskRight[at]!, 0);
            alone += fourthRoot(right);
            partial += fourthRoot(right + others) - fourthRoot(others);
          }
        }
      }
      lost += alone > 0 ? 1 - partial / alone : 0;
    });
    return lost / stems.length;
  }
}

/** Mean band powers of the mix. */
function longTerm(stems: readonly Processed[], bands: number): Float64Array {
  const mean = new Float64Array(bands);
  for (const { left, right, peaks } of stems) {
    for (let at = 0; at < left.length; at++) mean[at % bands]! += (left[at]! + right[at]!) / peaks.length;
  }
  return mean;
}

/** Mean squared error of loudness between stems, in LU². */
function balanceOf(stems: readonly Processed[], aims: readonly Aim[]): number {
  const errors = stems.map(({ loudness }, index) => loudness - aims[index]!.levelDb);
  const common = total(errors) / errors.length;
  return total(errors.map((error) => (error - common) ** 2)) / errors.length;
}

/** How far the peaks, added as powers, stand above the mix's loudness beyond what is free. */
function headroomOf(stems: readonly Processed[], loudness: number, rules: MixingConstants['rules']): number {
  const peak = added(stems.map(({ peaks }) => peaks)).reduce((highest, value) => Math.max(highest, value), TINY);
  return Math.max(0, (10 * Math.log10(peak) - loudness - rules.crestDb) / rules.crestRangeDb) ** 2;
}

/** Left against right of the mix, and each stem's distance from where it belongs. */
function stereoOf(stems: readonly Processed[], aims: readonly Aim[], rules: MixingConstants['rules']): number {
  const left = Math.max(total(stems.map(({ sides }) => sides[0])), TINY);
  const right = Math.max(total(stems.map(({ sides }) => sides[1])), TINY);
  const off = stems.map(({ sides: [l, r] }, index) => {
    const { centre, position } = aims[index]!;
    const at = (r - l) / Math.max(l + r, TINY);
    return centre * at ** 2 + (1 - centre) * (Math.abs(at) - position) ** 2;
  });
  return ((10 * Math.log10(left / right)) / rules.imbalanceDb) ** 2 + total(off) / stems.length / rules.offPosition ** 2;
}

/** Mean squared difference of two long-term spectra in dB, each at its own loudness, bounded per band; 1 at `spectrumDb`. */
function spectrumOf(mix: Float64Array, reference: Float64Array, { bands, rules }: MixingConstants): number {
  const [ours, theirs] = [mix, reference].map((power) => {
    const loudness = Math.max(bands.kWeights.reduce((sum, weight, band) => sum + weight * power[band]!, 0), TINY);
    return power.map((value) => 10 * Math.log10(Math.max(value / loudness, 1e-6)));
  }) as [Float64Array, Float64Array];
  const limit = rules.spectrumLimitDb;
  const squares = ours.map((value, band) => Math.max(-limit, Math.min(limit, value - theirs[band]!)) ** 2);
  return total(squares) / squares.length / rules.spectrumDb ** 2;
}

function added(arrays: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(arrays[0]!.length);
  for (const array of arrays) for (let at = 0; at < sum.length; at++) sum[at]! += array[at]!;
  return sum;
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

function fourthRoot(value: number): number {
  return Math.sqrt(Math.sqrt(value));
}
