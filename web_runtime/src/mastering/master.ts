/** Mastering from end to end: analyse, search, render, and say what was done. Runs in a worker or in the caller's thread alike. */

import type { LimiterSettings } from '../dsp/limiter.js';
import type { BitDepth } from '../dsp/wav.js';
import type { Loudness } from '../loudness/meter.js';
import { type Analysis, Analyzer } from './analysis.js';
import type { ChainSettings } from './chain.js';
import { type Objective, objectiveOf } from './objective.js';
import { type Reduction, render, type Rendered } from './render.js';
import { search } from './search.js';
import { chainSettings, type Choice, type Material } from './settings.js';
import { type AudioSource, eachChunk, partOf, type Tell } from './source.js';
import type { Spectrum } from './spectrum.js';
import { BOUNDS, type Target } from './target.js';

/** What was measured of the input or of the master. */
export interface Measurements extends Loudness {
  /** Peak over the root mean square of the whole, in dB. */
  readonly crestDb: number;
  /** How far transients stand out of the 100 ms around them, in dB. */
  readonly transientDb: number;
  /** Power of the side signal over that of the mid signal, in dB; null for mono. */
  readonly sideDb: number | null;
  /** Long-term third-octave levels. */
  readonly spectrum: Spectrum;
}

/** A finished master. */
export interface Mastered {
  /** The master as a WAV file. */
  readonly wav: Uint8Array<ArrayBuffer>;
  /** What was aimed at. */
  readonly target: Target;
  /** `reached`: within 0.2 LU of the target. `held`: softer, because a bound would be broken. `undefined`: too short or silent for one. */
  readonly outcome: 'reached' | 'held' | 'undefined';
  /** Why the target was not reached; null where it was. */
  readonly note: string | null;
  /** Everything that the chain was set to. */
  readonly parameters: Choice & {
    readonly sampleRate: number;
    readonly chain: ChainSettings;
    readonly limiter: LimiterSettings;
    readonly bitDepth: BitDepth;
  };
  /** What compressor and limiter took away, which {@link bounds} keep small. */
  readonly reduction: { readonly compressor: Reduction; readonly limiter: Reduction };
  readonly bounds: typeof BOUNDS;
  readonly before: Measurements;
  readonly after: Measurements;
  readonly objective: { readonly before: Objective; readonly after: Objective };
  /** How many choices were judged on excerpts, and how often the limiter ran over the whole. */
  readonly effort: { readonly tried: number; readonly passes: number };
}

/** What to master, and how. */
export interface Order {
  readonly target: Target;
  /** Spectrum to match where there is no reference; null for none. */
  readonly wanted: Spectrum | null;
  readonly bitDepth: BitDepth;
}

/** Power in dBFS below which nothing is heard. */
const SILENCE_DB = -80;
/** Loudness that counts as reached, in LU. */
const REACHED = 0.2;
/** Shares of the time that the steps take, for progress. */
const STEPS = { reference: 0.05, analysis: 0.15, search: 0.4 } as const;

/** Masters a source; a reference gives the spectrum and the width to match. */
export async function master(source: AudioSource, reference: AudioSource | null, order: Order, tell: Tell): Promise<Mastered> {
  const model = reference === null ? null : await analyse(reference, partOf(tell, 0, STEPS.reference));
  const input = await analyse(source, partOf(tell, STEPS.reference, STEPS.analysis));
  const isMusic = isAudible(input);
  const wanted = isMusic ? (model?.spectrum ?? order.wanted) : null;
  const { sampleRate } = source;
  const material: Material = { sampleRate, input, wanted, isReference: model !== null, wantedSideDb: model?.sideDb ?? null };
  const found = isMusic ? await search(source, material, order.target, partOf(tell, STEPS.analysis, STEPS.search)) : UNSEARCHED;
  const chain = chainSettings(found.choice, material);
  const { bitDepth, target } = order;
  const rendered = await render(source, chain, { ...found, bitDepth }, target, partOf(tell, STEPS.search, 1));
  tell(1);
  return {
    wav: rendered.wav,
    target,
    ...outcomeOf(rendered, input, target),
    parameters: { ...found.choice, sampleRate, chain, limiter: rendered.limiter, bitDepth },
    reduction: { compressor: rendered.compression, limiter: rendered.limiting },
    bounds: BOUNDS,
    before: measurements(input),
    after: measurements(rendered.after),
    objective: {
      before: objectiveOf(input, input, 0, target, wanted),
      after: objectiveOf(rendered.after, input, rendered.compression.averageDb, target, wanted),
    },
    effort: { tried: found.tried, passes: rendered.passes },
  };
}

/** Whether there is sound whose loudness is defined; a constant offset is none. */
function isAudible({ loudness, powers }: Analysis): boolean {
  return loudness.integrated !== null && 10 * Math.log10(Math.max(...powers)) > SILENCE_DB;
}

/** Settings for what has no loudness to search by. */
const UNSEARCHED = { choice: { match: 0, ratio: 1, attack: 1, multiband: false, release: 60 }, loss: 0, tried: 0 } as const;

async function analyse(source: AudioSource, tell: Tell): Promise<Analysis> {
  const analyzer = new Analyzer(source.sampleRate, source.channelCount);
  await eachChunk(source, tell, (chunk) => analyzer.push(chunk));
  return analyzer.result();
}

function measurements({ loudness, dynamics, sideDb, spectrum }: Analysis): Measurements {
  return { ...loudness, crestDb: dynamics.crestDb, transientDb: dynamics.transientDb, sideDb, spectrum };
}

function outcomeOf({ after, held }: Rendered, input: Analysis, target: Target): Pick<Mastered, 'outcome' | 'note'> {
  const { integrated } = after.loudness;
  if (!isAudible(input) || integrated === null) {
    const why = input.loudness.status === 'short' ? 'is shorter than 0.4 s' : 'is silent';
    return { outcome: 'undefined', note: `the input ${why}, so that no loudness is defined: its level was left` };
  }
  if (Math.abs(integrated - target.lufs) <= REACHED) return { outcome: 'reached', note: null };
  const reached = `${integrated.toFixed(1)} LUFS instead of ${target.lufs}`;
  const why = held
    ? `more would take the limiter beyond its bound of ${BOUNDS.limitingDb} dB, or ${BOUNDS.averageLimitingDb} dB on average; aim lower`
    : 'the limiter could not bring it nearer';
  return { outcome: 'held', note: `${reached}: ${why}` };
}
