/** What a module of a model or pack gets to build its facade on: the manifest's entry and a way to run or read it, with no tfjs in sight. */

import type { ModelManifest, PackManifest } from './generated/manifest.js';
import type { Facades } from './generated/models.js';
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
  /** The suite's facades, for a model that builds on others; read it when a method is called, not before. */
  readonly suite: Facades;
}

/** A pack as its facade sees it. */
export interface PackHandle {
  /** Name of the pack. */
  readonly name: string;
  /** What the export says of the pack; throws a ManifestError where the suite was exported without it. */
  readonly manifest: PackManifest;
  /** The verified data file, fetched on first use and kept. */
  data(): Promise<Uint8Array<ArrayBuffer>>;
  /** The suite's facades, for a pack that builds on others; read it when a method is called, not before. */
  readonly suite: Facades;
}
