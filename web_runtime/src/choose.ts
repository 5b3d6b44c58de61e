/** Picks the backend for a model by measuring warm predictions on every backend that works. */

import type { BackendName, BackendOptions } from './backends.js';
import { BackendError } from './errors.js';
import type { ModelFiles } from './files.js';
import type { ModelManifest } from './generated/manifest.js';
import { Session } from './session.js';

/** Rounds of one prediction per backend: enough for the browser to optimise the code, few enough to go unnoticed. */
const ROUNDS = 20;
/** A backend that is this many times slower than the best after the first rounds is out. */
const HOPELESS = 3;
const FIRST_ROUNDS = 3;

/**
 * Opens a model on the fastest backend that starts and passes the self-test; the others free what they held.
 *
 * @param candidates - Backends to try.
 * @param onTried - Told of every backend whether it works: null, or the reason why not.
 * @throws {@link BackendError} where none works.
 */
export async function openFastest(
  name: string,
  manifest: ModelManifest,
  files: ModelFiles,
  options: BackendOptions,
  candidates: readonly BackendName[],
  onTried: (backend: BackendName, failure: string | null) => void,
): Promise<Session> {
  const failures: string[] = [];
  const sessions: Session[] = [];
  for (const backend of candidates) {
    try {
      sessions.push(await Session.open(name, manifest, files, backend, options));
      onTried(backend, null);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      failures.push(error.message);
      onTried(backend, error.message);
    }
  }
  const fastest = sessions.length > 1 ? await race(sessions) : sessions[0];
  if (fastest === undefined) throw new BackendError(`${name}: no backend works here: ${failures.join('; ')}`);
  await Promise.all(sessions.filter((session) => session !== fastest).map((session) => session.dispose()));
  return fastest;
}

/**
 * The session with the fastest single prediction, which is the one that other work on the machine disturbed least. Backends take
 * turns, because code that they share gets faster with every run and would favour the last.
 */
async function race(sessions: readonly Session[]): Promise<Session> {
  const bestMs = new Map(sessions.map((session) => [session, Infinity]));
  for (let round = 0; round < ROUNDS; round++) {
    const limit = HOPELESS * Math.min(...bestMs.values());
    for (const session of sessions) {
      if (bestMs.get(session)! > limit && round >= FIRST_ROUNDS) continue;
      const start = performance.now();
      await session.run(session.warmInputs);
      bestMs.set(session, Math.min(bestMs.get(session)!, performance.now() - start));
    }
  }
  return sessions.reduce((best, session) => (bestMs.get(session)! < bestMs.get(best)! ? session : best));
}
