/** A model for facade tests: a part of a manifest and a function in place of the graph. */

import type { ModelHandle } from '../src/facade.js';
import type { ModelManifest } from '../src/generated/manifest.js';
import type { Facades } from '../src/generated/models.js';
import type { NamedTensors } from '../src/tensors.js';

export function fakeModel(name: string, manifest: object, run: (inputs: NamedTensors) => NamedTensors, data = new Uint8Array()): ModelHandle {
  return { name, manifest: manifest as ModelManifest, data: () => Promise.resolve(data), run: (inputs) => Promise.resolve(run(inputs)), suite: {} as Facades };
}
