/**
 * Finds the chain's settings: coordinate descent over a few values each, on excerpts of the input, with the gain solved for each choice so
 * that only choices of equal loudness are compared. No randomness: the same input gives the same master.
 */

import { Limiter } from '../dsp/limiter.js';
import { LoudnessMeter } from '../loudness/meter.js';
import { type Analysis, Analyzer } from './analysis.js';
import { Chain } from './chain.js';
import { objectiveOf } from './objective.js';
import { chainSettings, type Choice, limiterSettings, type Material } from './settings.js';
import { type AudioSource, breath, chunksOf, type Tell } from './source.js';
import { BOUNDS, type Target } from './target.js';

/** Excerpts: where short-term loudness is at these shares of its sorted values, so long each. */
const SHARES = [0.5, 0.9, 1] as const;
const EXCERPT_SECONDS = 2.5;
const VALUES = {
  ratio: [1, 1.5, 2, 3, 4],
  attack: [0.1, 1],
  match: [0, 0.25, 0.5, 0.75, 1],
  multiband: [false, true],
  release: [20, 60, 160],
} as const satisfies { readonly [Name in keyof Choice]: readonly Choice[Name][] };
const START: Choice = { match: 0.5, ratio: 1.5, attack: 0.1, multiband: false, release: 60 };
/** Choices that are tried at most: each value once. */
const MOST = Object.values(VALUES).reduce((total, values) => total + values.length - 1, 1);
/** What a dB of limiting beyond its bound costs. */
const EXCESS = 3;

/** What the search settles on. */
export interface Found {
  readonly choice: Choice;
  /** What the limiter takes of the loudness at that choice, in LU: a first guess for the whole. */
  readonly loss: number;
  /** How many choices were judged. */
  readonly tried: number;
}

/** Searches on excerpts of a source. */
export async function search(source: AudioSource, material: Material, target: Target, tell: Tell): Promise<Found> {
  const excerpt = await readExcerpts(source, material.input);
  const trial = new Trial(excerpt, material, target);
  const known = new Map<string, Judged>();
  const judge = async (choice: Choice): Promise<Judged> => {
    const key = JSON.stringify(choice);
    const judged = known.get(key) ?? trial.judge(choice);
    known.set(key, judged);
    tell(Math.min(1, known.size / MOST));
    await breath();
    return judged;
  };
  let best = START;
  let least = await judge(best);
  const names = Object.keys(VALUES) as (keyof Choice)[];
  const searched = material.wanted === null ? names.filter((name) => name !== 'match') : names;
  for (const name of searched) {
    for (const value of VALUES[name]) {
      if ((name === 'multiband' || name === 'attack') && best.ratio === 1) continue;
      const choice = { ...best, [name]: value };
      const judged = await judge(choice);
      if (judged.total < least.total) [best, least] = [choice, judged];
    }
  }
  return { choice: best, loss: least.loss, tried: known.size };
}

interface Judged {
  readonly total: number;
  readonly loss: number;
}

/** One excerpt, and buffers that every choice is tried in. */
class Trial {
  private readonly input: Analysis;
  private readonly target: Target;
  private readonly chained: readonly Float32Array[];
  private readonly limited: readonly Float32Array[];

  constructor(
    private readonly excerpt: readonly Float32Array[],
    private readonly material: Material,
    private readonly whole: Target,
  ) {
    this.input = this.analyse(excerpt);
    const offset = (this.input.loudness.integrated ?? 0) - (material.input.loudness.integrated ?? 0);
    // The excerpt is louder or softer than the whole, and should stay so.
    this.target = { ...whole, lufs: whole.lufs + offset };
    this.chained = excerpt.map((samples) => new Float32Array(samples.length));
    this.limited = excerpt.map((samples) => new Float32Array(samples.length));
  }

  judge(choice: Choice): Judged {
    const { sampleRate, wanted } = this.material;
    this.excerpt.forEach((samples, channel) => this.chained[channel]!.set(samples));
    const chain = new Chain(chainSettings(choice, this.material), sampleRate, this.excerpt.length);
    for (const chunk of chunksOf(this.chained)) chain.process(chunk);
    const before = this.loudness(this.chained);
    let gain = this.target.lufs - before;
    let limiter = this.limit(choice, gain);
    // Limiting costs loudness: once more with what was missing.
    gain += this.target.lufs - this.loudness(this.limited);
    limiter = this.limit(choice, gain);
    const after = this.analyse(this.limited);
    const { total } = objectiveOf(after, this.input, chain.reduction().averageDb, this.target, wanted);
    const { largest, total: reduced, samples } = limiter.reduction;
    const excess = Math.max(0, largest - BOUNDS.limitingDb, reduced / samples - BOUNDS.averageLimitingDb);
    return { total: total + EXCESS * excess, loss: before + gain - (after.loudness.integrated ?? before + gain) };
  }

  private limit(choice: Choice, gain: number): Limiter {
    this.chained.forEach((samples, channel) => this.limited[channel]!.set(samples));
    const limiter = new Limiter(limiterSettings(choice, gain, this.whole.truePeakDb), this.material.sampleRate, this.limited.length);
    for (const chunk of chunksOf(this.limited)) limiter.process(chunk);
    return limiter;
  }

  private loudness(channels: readonly Float32Array[]): number {
    const meter = new LoudnessMeter(this.material.sampleRate, channels.length, { truePeak: false });
    for (const chunk of chunksOf(channels)) meter.push(chunk);
    return meter.result().integrated ?? this.target.lufs;
  }

  private analyse(channels: readonly Float32Array[]): Analysis {
    const analyzer = new Analyzer(this.material.sampleRate, channels.length);
    for (const chunk of chunksOf(channels)) analyzer.push(chunk);
    return analyzer.result();
  }
}

/** Typical, loud and loudest moments, one after the other; short audio whole. */
async function readExcerpts(source: AudioSource, { shortTerm }: Analysis): Promise<Float32Array[]> {
  const length = Math.round(EXCERPT_SECONDS * source.sampleRate);
  if (source.frames <= SHARES.length * length || shortTerm.length === 0) return source.read(0, source.frames);
  const order = Array.from(shortTerm.keys()).sort((one, other) => shortTerm[one]! - shortTerm[other]! || one - other);
  const steps = SHARES.map((share) => order[Math.round(share * (order.length - 1))]!);
  const parts = await Promise.all(
    steps.map((step) => {
      const from = Math.min(Math.round((step * source.sampleRate) / 10), source.frames - length);
      return source.read(from, from + length);
    }),
  );
  return Array.from({ length: source.channelCount }, (_, channel) => {
    const whole = new Float32Array(SHARES.length * length);
    parts.forEach((part, index) => whole.set(part[channel]!, index * length));
    return whole;
  });
}
