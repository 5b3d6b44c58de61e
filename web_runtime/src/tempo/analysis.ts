/** What is computed of a recording before anything is decided: onset curves, repetition by tempo, and whether there is a beat at all. */

import type { Frames } from '../audio/frames.js';
import { candidatePlaces, salience, type TempoRange } from './candidates.js';
import { candidateFeatures, coarseView } from './features.js';
import { type OnsetCurves, onsetCurves, rhythmMel } from './onsets.js';
import { type Periodicity, periodicity } from './periodicity.js';
import { Refiner } from './refine.js';
import { FRAME_RATE, RHYTHM, TEMPI, tempoAt } from './rhythm.js';

/** Candidates for a recording's tempo. */
export interface Candidates {
  /** Places on the grid. */
  readonly places: readonly number[];
  /** BPM of each, not refined. */
  readonly tempi: readonly number[];
  /** A row for each. */
  readonly features: readonly (readonly number[])[];
}

/** The analysis of one recording. */
export class RhythmAnalysis {
  /** Samples per second that are analysed. */
  static readonly sampleRate: number = RHYTHM.sampleRate;
  readonly logMel: Frames;
  readonly curves: OnsetCurves;
  readonly found: Periodicity;
  /** How well each tempo of the grid explains the repetition. */
  readonly salience: Float64Array;
  /** Salience of the most salient tempo that is a candidate. */
  readonly most: number;
  private refiner: Refiner | undefined;

  /** @param samples - [n] at the analysis' rate. */
  constructor(samples: Float32Array) {
    this.logMel = rhythmMel(samples);
    this.curves = onsetCurves(this.logMel);
    this.found = periodicity(this.curves);
    this.salience = salience(this.found);
    this.most = this.salience.reduce((most, value, at) => (isCandidate(TEMPI[at]!) ? Math.max(most, value) : most), -Infinity);
  }

  /** Whether there are onsets, and they repeat. */
  get hasBeat(): boolean {
    const [all] = this.curves;
    return all.reduce((sum, value) => sum + value, 0) / all.length >= RHYTHM.leastFlux && this.most >= RHYTHM.leastSalience;
  }

  /** How clearly it repeats, 0 to 1. */
  get strength(): number {
    return Math.max(0, Math.min((this.most - RHYTHM.weakSalience) / (RHYTHM.strongSalience - RHYTHM.weakSalience), 1));
  }

  /** Candidates within a range. */
  candidates(range?: TempoRange): Candidates {
    const places = candidatePlaces(this.salience, range);
    const views = RHYTHM.coarsePhases.map((phase) => coarseView(this.logMel, FRAME_RATE, phase));
    const [first, ...others] = views.map((view) => candidateFeatures(view, this.salience, places));
    const features = first!.map((row, candidate) =>
      row.map((value, column) => others.reduce((sum, other) => sum + other[candidate]![column]!, value) / views.length),
    );
    return { places, tempi: places.map(tempoAt), features };
  }

  /** A candidate's tempo, refined. */
  refine(bpm: number): number {
    this.refiner ??= new Refiner(this.curves[0], this.logMel);
    return this.refiner.refine(bpm);
  }
}

function isCandidate(bpm: number): boolean {
  return bpm >= RHYTHM.slowest && bpm <= RHYTHM.fastest;
}
