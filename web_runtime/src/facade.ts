/** What a model's module gets to build its facade on: the model's manifest and a way to run it, with no tfjs in sight. */

import type { ModelManifest } from './generated/manifest.js';
import type { NamedTensors } from './tensors.js';

/** A model as its facade sees it. */
export interface ModelHandle {
  /** Name of the model. */
  readonly name: string;
  /** What the export says of the model; throws a ManifestError where the suite was exported without it. */
  readonly manifest: ModelManifest;
  /** The verified file that preprocessing reads, fetched with the model on first use; empty where it has none. */
  data(): Promise<Uint8Array<ArrayBuffer>>;
  /** Runs the model, loading it on first use; answers all outputs but `features`. */
  run(inputs: NamedTensors): Promise<NamedTensors>;
}
