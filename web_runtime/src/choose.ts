/** Picks the backend for a model by measuring warm predictions on every backend that works. */

import type { BackendName, BackendOptions } from './backends.js';
import { BackendError } from './errors.js';
import type { ModelFiles } from './files.js';
import type { ModelManifest } from './generated/manifest.js';
import { Session } from './session.js';

/** Bounds of one measurement: enough runs for the browser to optimise the code, few enough to go unnoticed. */
const MOST_RUNS = 30;
const LONGEST_MS = 60;

/**
 * Opens a model on the fastest backend that starts and passes the self-test; the others free what they held.
 *
 * @param candidates - Backends to try, in this order.
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
  let best = null as { session: Session; ms: number } | null;
  for (const backend of candidates) {
    let session: Session;
    try {
      session = await Session.open(name, manifest, files, backend, options);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      failures.push(error.message);
      onTried(backend, error.message);
      continue;
    }
    onTried(backend, null);
    const ms = await warmMs(session);
    if (best !== null && best.ms <= ms) {
      await session.dispose();
      continue;
    }
    await best?.session.dispose();
    best = { session, ms };
  }
  if (best === null) throw new BackendError(`${name}: no backend works here: ${failures.join('; ')}`);
  return best.session;
}

/** Milliseconds of the fastest warm prediction of one row: the one that other work on the machine disturbed least. */
async function warmMs(session: Session): Promise<number> {
  const inputs = session.warmInputs;
  const end = performance.now() + LONGEST_MS;
  let fastest = Infinity;
  for (let run = 0; run < MOST_RUNS && performance.now() < end; run++) {
    const start = performance.now();
    await session.run(inputs);
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}
