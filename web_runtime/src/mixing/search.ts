/** Finds settings that lower the objective: a pattern search, coordinate by coordinate, with bounds; the same on every run. */

import { type Hooks, UNWATCHED } from './hooks.js';
import type { Objective, Score, Task } from './objective.js';
import { NEUTRAL, type StemSettings } from './settings.js';

/** Bounds of every stem's settings. */
export const BOUNDS = { gainDb: 24, pan: 1, eqDb: 6, ratio: 3 } as const;

/** How the search ends. */
export interface SearchLimits {
  /** Evaluations of the objective at most: with the same number the answer is the same. */
  readonly evaluations: number;
  /** Milliseconds after which it stops early and says so. */
  readonly budgetMs?: number | undefined;
}

/** What the search found. */
export interface Found {
  readonly settings: readonly StemSettings[];
  readonly before: Score;
  readonly after: Score;
  readonly evaluations: number;
  /** `converged`: no step of the smallest size helps. Otherwise it ended early, at a state better than the input all the same. */
  readonly stopped: 'converged' | 'evaluations' | 'time';
}

/** Sizes that steps begin with, and how often they are halved. */
const FIRST_STEP = { gainDb: 2, pan: 0.4, eqDb: 3, ratio: 1 } as const;
const HALVINGS = 3;
const HIGH_PASS_HZ = [0, 30, 40, 60, 80, 100, 120];
/** Evaluations between two looks at who watches. */
const TELL_EVERY = 32;
/** A change counts as better only beyond rounding. */
const LEAST_GAIN = 1e-6;

type Move = (settings: StemSettings, step: number) => StemSettings | null;

class OutOfBudget extends Error {
  constructor(readonly reason: 'evaluations' | 'time') {
    super(reason);
  }
}

/** Searches from neutral settings; every step is taken only where it lowers the objective, so that the end is never worse than the input. */
export async function search(objective: Objective, task: Task, limits: SearchLimits, hooks: Hooks = UNWATCHED): Promise<Found> {
  const start = performance.now();
  let settings: StemSettings[] = task.stems.map(() => NEUTRAL);
  let evaluations = 0;
  const evaluate = async (candidate: readonly StemSettings[]): Promise<Score> => {
    if (evaluations >= limits.evaluations) throw new OutOfBudget('evaluations');
    if (limits.budgetMs !== undefined && evaluations > 0 && performance.now() - start > limits.budgetMs) throw new OutOfBudget('time');
    evaluations++;
    if (evaluations % TELL_EVERY === 0) await hooks.tell(evaluations / limits.evaluations);
    return objective.score(candidate);
  };
  const before = objective.score(settings);
  let best = before;
  const attempt = async (candidate: StemSettings[]): Promise<boolean> => {
    const score = await evaluate(candidate);
    if (!(score.total < best.total - LEAST_GAIN)) return false;
    best = score;
    settings = candidate;
    return true;
  };
  let stopped: Found['stopped'] = 'converged';
  try {
    await attempt(atTargets(objective, task, settings));
    for (let halving = 0, better = true; halving <= HALVINGS; halving += better ? 0 : 1) {
      better = false;
      for (const index of objective.heard) {
        for (const move of movesOf(task.aims[index]!.highPassHz)) {
          better = (await improve(move, index, 2 ** -halving, () => settings, attempt)) || better;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    stopped = error.reason;
  }
  return { settings, before, after: best, evaluations, stopped };
}

/** Steps along one coordinate, first up, then down, as long as it helps. */
async function improve(
  move: Move,
  index: number,
  step: number,
  current: () => StemSettings[],
  attempt: (candidate: StemSettings[]) => Promise<boolean>,
): Promise<boolean> {
  let helped = false;
  for (const direction of [step, -step]) {
    for (;;) {
      const moved = move(current()[index]!, direction);
      if (moved === null || !(await attempt(current().with(index, moved)))) break;
      helped = true;
    }
    if (helped) break;
  }
  return helped;
}

/** All stems at once where their loudness is wanted, around the loudness that they have together. */
function atTargets(objective: Objective, { aims }: Task, settings: readonly StemSettings[]): StemSettings[] {
  const wished = objective.heard.map((index) => aims[index]!.levelDb - objective.processed(index, settings[index]!).loudness);
  const common = wished.reduce((sum, gain) => sum + gain, 0) / wished.length;
  const targets = [...settings];
  objective.heard.forEach((index, place) => {
    targets[index] = { ...settings[index]!, gainDb: clamp(wished[place]! - common, BOUNDS.gainDb) };
  });
  return targets;
}

function movesOf(highestHz: number): Move[] {
  const corners = HIGH_PASS_HZ.filter((corner) => corner <= highestHz);
  const eq = NEUTRAL.eqDb.map(
    (_, band): Move =>
      (settings, step) => {
        const value = clamp(settings.eqDb[band]! + step * FIRST_STEP.eqDb, BOUNDS.eqDb);
        return value === settings.eqDb[band] ? null : { ...settings, eqDb: settings.eqDb.with(band, value) };
      },
  );
  return [
    (settings, step) => changed(settings, 'gainDb', clamp(settings.gainDb + step * FIRST_STEP.gainDb, BOUNDS.gainDb)),
    (settings, step) => changed(settings, 'pan', clamp(settings.pan + step * FIRST_STEP.pan, BOUNDS.pan)),
    ...eq,
    (settings, step) => changed(settings, 'ratio', Math.min(Math.max(settings.ratio + step * FIRST_STEP.ratio, 1), BOUNDS.ratio)),
    (settings, step) => changed(settings, 'highPassHz', corners[corners.indexOf(settings.highPassHz) + Math.sign(step)] ?? settings.highPassHz),
  ];
}

function changed(settings: StemSettings, name: Exclude<keyof StemSettings, 'eqDb'>, value: number): StemSettings | null {
  return settings[name] === value ? null : { ...settings, [name]: value };
}

function clamp(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}
