/**
 * Prepares and reads an A/B test of drafts. Readers are assigned by a hash of who they are, so that everyone sees one variant, whenever.
 * Counts are judged by exact tests alone: no normal approximation, and a plain "too little data" where there is too little.
 */

import { hashed, mixed } from './random.js';

/** What one variant got. */
export interface Shown {
  /** Readers who saw it. */
  readonly shown: number;
  /** Those of them who reacted: liked, clicked, followed. */
  readonly reacted: number;
}

/** An A/B test. */
export interface ExperimentRequest {
  /** How many variants, 2 to 10; the first is what the others are compared with. */
  readonly variants: number;
  /** Names one experiment: another seed assigns anew. 0 by default. */
  readonly seed?: number;
  /** Readers to assign, by whatever names them lastingly. */
  readonly readers?: readonly string[];
  /** What each variant got so far. */
  readonly results?: readonly Shown[];
  /** Smallest relative difference worth finding; 0.2 by default, a fifth more or less. */
  readonly lift?: number;
}

/** One variant against the first. */
export interface Comparison {
  /** Place of the variant, from 1. */
  readonly variant: number;
  /** Probability that its rate is higher, from even prior odds of all rates (Beta(1, 1)). */
  readonly probabilityBetter: number;
  /** Two-sided p-value of Fisher's exact test, times the number of comparisons (Bonferroni), 1 at most. */
  readonly p: number;
  readonly verdict: 'better' | 'worse' | 'no difference seen' | 'too little data';
}

/** An experiment, prepared and as far as it is known. */
export interface Experiment {
  /** Place of the variant of each reader. */
  readonly assigned: readonly number[];
  /** Readers that each variant needs to find the lift with 80 % power at 5 % (Lehr, 1992); null where nobody reacted yet. */
  readonly needed: number | null;
  readonly comparisons: readonly Comparison[];
}

const SIGNIFICANT = 0.05;
/** Lehr's rule: 16 variances over the squared difference. */
const LEHR = 16;
/** Probabilities nearer than this to the observed one count as equal to it, as in R and SciPy. */
const SAME = 1e-7;

/** Assigns readers and compares the variants; the request is checked before. */
export function experimentOf({ variants, seed = 0, readers = [], results = [], lift = 0.2 }: ExperimentRequest): Experiment {
  const assigned = readers.map((reader) => mixed(hashed(reader) ^ mixed(seed)) % variants);
  const shown = results.reduce((sum, result) => sum + result.shown, 0);
  const rate = shown > 0 ? results.reduce((sum, result) => sum + result.reacted, 0) / shown : 0;
  const needed = rate > 0 && rate < 1 ? Math.ceil((LEHR * (1 - rate)) / (rate * lift * lift)) : null;
  const isEnough = needed !== null && results.every((result) => result.shown >= needed);
  const logs = logFactorials(shown + 2);
  const [first, ...others] = results;
  const comparisons = others.map((other, at): Comparison => {
    const p = Math.min(fisher(first!, other, logs) * others.length, 1);
    const better = probabilityBetter(first!, other, logs);
    const verdict = p < SIGNIFICANT ? (better > 0.5 ? 'better' : 'worse') : isEnough ? 'no difference seen' : 'too little data';
    return { variant: at + 1, probabilityBetter: better, p, verdict };
  });
  return { assigned, needed, comparisons };
}

/** ln n! for n from 0: all that tests on whole counts need of the gamma function. */
function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 2; n <= most; n += 1) logs[n] = logs[n - 1]! + Math.log(n);
  return logs;
}

/** Two-sided: all tables with these margins that are no more probable than the one seen (Fisher, 1935). */
function fisher(one: Shown, other: Shown, logs: Float64Array): number {
  const choose = (n: number, k: number): number => logs[n]! - logs[k]! - logs[n - k]!;
  const reacted = one.reacted + other.reacted;
  const whole = choose(one.shown + other.shown, reacted);
  const probability = (k: number): number => Math.exp(choose(one.shown, k) + choose(other.shown, reacted - k) - whole);
  const seen = probability(one.reacted) * (1 + SAME);
  let total = 0;
  for (let k = Math.max(0, reacted - other.shown); k <= Math.min(reacted, one.shown); k += 1) {
    const each = probability(k);
    if (each <= seen) total += each;
  }
  return Math.min(total, 1);
}

/** P(rate of other > rate of one) for Beta(1 + reacted, 1 + not reacted), as the finite sum for whole parameters (Miller, 2015). */
function probabilityBetter(one: Shown, other: Shown, logs: Float64Array): number {
  const beta = (a: number, b: number): number => logs[a - 1]! + logs[b - 1]! - logs[a + b - 1]!;
  const [a, b] = [1 + one.reacted, 1 + one.shown - one.reacted];
  const [c, d] = [1 + other.reacted, 1 + other.shown - other.reacted];
  let total = 0;
  for (let i = 0; i < c; i += 1) total += Math.exp(beta(a + i, b + d) - Math.log(d + i) - beta(1 + i, d) - beta(a, b));
  return Math.min(total, 1);
}
