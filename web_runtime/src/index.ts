/** The package's entry: tiny, free of the DOM and of tfjs, which are loaded when a suite is created. */

import type { Suite, SuiteOptions } from './suite.js';

export type { BackendName, BackendOptions } from './backends.js';
export {
  BackendError,
  DisposedError,
  type ErrorCode,
  FileError,
  InputError,
  IntegrityError,
  ManifestError,
  TunesmithError,
} from './errors.js';
export type { Progress } from './files.js';
export type * from './generated/manifest.js';
export type * from './generated/models.js';
export type { ModelSession, SessionTimings } from './session.js';
export type { BackendReport, MemoryReport, Suite, SuiteBase, SuiteOptions } from './suite.js';
export type { NamedTensors, TensorData, TensorLike } from './tensors.js';

/**
 * Creates a suite: fetches the manifest, loads each model on first use.
 *
 * @example
 * ```ts
 * const suite = await createSuite({ baseUrl: '/models/' });
 * const { median, lower, upper } = await suite.forecaster.predict(dailyStreams);
 * await suite.dispose();
 * ```
 * @throws {@link InputError} for unusable options, {@link ManifestError} where the manifest can't be used.
 */
export async function createSuite(options: SuiteOptions): Promise<Suite> {
  const { openSuite } = await import('./suite.js');
  return openSuite(options);
}
