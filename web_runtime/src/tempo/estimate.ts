/** From audio to a tempo, its beats and its curve: everything around the decision, which a model makes, or without one a prior. */

import { type AudioInput, mixToMono } from '../audio/input.js';
import { resample } from '../audio/resample.js';
import { InputError } from '../errors.js';
import { type Candidates, RhythmAnalysis } from './analysis.js';
import { trackBeats } from './beats.js';
import type { TempoRange } from './candidates.js';
import { type TempoAtTime, tempoCurve } from './curve.js';
import { isLoop, repeated, wholeBeats } from './loop.js';
import { RHYTHM } from './rhythm.js';

/** What may be known beforehand. */
export interface TempoOptions {
  /** Slowest and fastest tempo in BPM, within 20 to 300; 40 to 250 by default. */
  readonly range?: TempoRange | undefined;
  /**
   * Whether the audio is a loop, cut to be repeated. Left out, what is shorter than 11 s is taken for one where it lasts whole bars of four
   * beats.
   */
  readonly loop?: boolean | undefined;
}

/** A tempo that may be the right one. */
export interface TempoCandidate {
  readonly bpm: number;
  /** 0 to 1; those of all candidates sum to 1. */
  readonly probability: number;
}

/** What is said of a recording. */
export interface TempoEstimate {
  /** Beats a minute; null where there is no beat: silence, no onsets, or none that repeat. */
  readonly bpm: number | null;
  /** 0 to 1: how sure the decision is, times how clearly anything repeats. */
  readonly confidence: number;
  /** The likeliest first; empty where there is no beat. */
  readonly candidates: readonly TempoCandidate[];
  /** Times of the beats in seconds. */
  readonly beats: readonly number[];
  /** Tempo over time, a moment each second; one moment for what is shorter than six. */
  readonly curve: readonly TempoAtTime[];
}

const NO_BEAT: TempoEstimate = { bpm: null, confidence: 0, candidates: [], beats: [], curve: [] };

/** A recording up to the decision. */
export class TempoQuestion {
  readonly candidates: Candidates;

  private constructor(
    private readonly analysis: RhythmAnalysis,
    private readonly seconds: number,
    private readonly looped: boolean,
    range: TempoRange | undefined,
  ) {
    this.candidates = analysis.candidates(range);
  }

  /**
   * Analyses audio; null where it has no beat.
   *
   * @throws {@link InputError} for audio that is none, or a range that is none.
   */
  static of(audio: AudioInput, { range, loop }: TempoOptions = {}): TempoQuestion | null {
    checkRange(range);
    const mono = mixToMono(audio);
    const seconds = mono.samples.length / mono.sampleRate;
    if (seconds < RHYTHM.shortest || mono.samples.every((sample) => Math.abs(sample) < RHYTHM.silence)) return null;
    const { samples } = resample(mono, RHYTHM.sampleRate);
    const once = loop === true ? undefined : new RhythmAnalysis(samples);
    const looped = loop ?? isLoop(once!, samples.length / RHYTHM.sampleRate);
    const analysis = looped ? new RhythmAnalysis(repeated(samples)) : once!;
    return analysis.hasBeat ? new TempoQuestion(analysis, seconds, looped, range) : null;
  }

  /** What follows from the candidates' probabilities. */
  answer(probability: ArrayLike<number>): TempoEstimate {
    const { analysis, seconds, looped } = this;
    const { tempi } = this.candidates;
    const told = tempi.map((bpm, at) => ({ bpm, probability: probability[at]! }));
    const best = told.reduce((most, each) => (each.probability > most.probability ? each : most));
    const refined = analysis.refine(best.bpm);
    const bpm = looped ? wholeBeats(refined, seconds) : refined;
    const candidates = told
      .map((each) => (each === best ? { ...each, bpm } : each))
      .sort((one, other) => other.probability - one.probability);
    const curve = tempoCurve(analysis.curves[0], bpm);
    const beats = trackBeats(analysis.curves[0], bpm, curve);
    return {
      bpm,
      confidence: best.probability * analysis.strength,
      candidates,
      beats: beats.filter((time) => time < seconds),
      curve: curve.filter(({ time }, at) => at === 0 || time < seconds),
    };
  }

  /** Probabilities without a model: squared salience times a log-normal prior around 110 BPM. */
  byPrior(): number[] {
    const { salience, most } = this.analysis;
    const weights = this.candidates.places.map((place, at) => {
      const lower = Math.min(Math.floor(place), RHYTHM.points - 2);
      const value = salience[lower]! + (salience[lower + 1]! - salience[lower]!) * (place - lower);
      const octaves = Math.log2(this.candidates.tempi[at]! / RHYTHM.priorTempo) / RHYTHM.priorOctaves;
      return (Math.max(value, 0) / most) ** 2 * Math.exp(-0.5 * octaves ** 2);
    });
    const sum = Math.max(weights.reduce((total, each) => total + each, 0), 1e-9);
    return weights.map((weight) => weight / sum);
  }
}

/**
 * Tempo without a model: the candidate that explains the repetition best, weighted by a prior around 110 BPM. `suite.tempo` decides better;
 * this is what stays where no model can be loaded.
 *
 * @throws {@link InputError} for audio that is none, or a range that is none.
 */
export function estimateTempo(audio: AudioInput, options: TempoOptions = {}): TempoEstimate {
  const question = TempoQuestion.of(audio, options);
  return question === null ? NO_BEAT : question.answer(question.byPrior());
}

/** The answer to what has no beat. */
export function noBeat(): TempoEstimate {
  return NO_BEAT;
}

function checkRange(range: TempoRange | undefined): void {
  if (range === undefined) return;
  const [slowest, fastest] = Array.isArray(range) ? (range as unknown as number[]) : [];
  const { lowest, highest } = RHYTHM;
  if (!(typeof slowest === 'number' && typeof fastest === 'number' && slowest >= lowest && slowest < fastest && fastest <= highest)) {
    throw new InputError(`tempo: range expects [slowest, fastest] within ${lowest} to ${highest} BPM, got ${JSON.stringify(range)}`);
  }
}
