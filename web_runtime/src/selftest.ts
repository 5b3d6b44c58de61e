/** Compares a model's answer on the user's own machine with the golden pair that Python wrote into the manifest. */

import { BackendError } from './errors.js';
import type { ModelManifest, TensorInfo } from './generated/manifest.js';
import type { NamedTensors, TensorLike } from './tensors.js';

/** Names of the golden outputs that the manifest describes. */
export function goldenOutputs(manifest: ModelManifest): string[] {
  return manifest.outputs.map(({ name }) => name).filter((name) => Object.hasOwn(manifest.golden.outputs, name));
}

/**
 * Largest error over all golden outputs.
 *
 * @param precision - `cpu`, `wasm`, `webgl` or `webgl-f16`: whose tolerance holds.
 * @throws {@link BackendError} where an error passes the manifest's tolerance or is not a number.
 */
export function selfTest(name: string, manifest: ModelManifest, precision: string, answers: NamedTensors): number {
  const tolerance = manifest.tolerance[precision]!;
  let largest = 0;
  for (const output of goldenOutputs(manifest)) {
    const info = manifest.outputs.find((candidate) => candidate.name === output)!;
    const error = largestError(info.comparison, manifest.golden.outputs[output]!, answers[output]!);
    if (!(error <= tolerance)) {
      throw new BackendError(
        `${name}: self-test failed on ${precision}: output "${output}" differs by ${error}, tolerance ${tolerance} (${info.comparison})`,
      );
    }
    largest = Math.max(largest, error);
  }
  return largest;
}

/** Largest `|a - b|`, or that divided by the expected row's largest magnitude; infinite where shapes differ or a value is no number. */
export function largestError(comparison: TensorInfo['comparison'], expected: TensorLike, got: TensorLike): number {
  if (expected.data.length !== got.data.length) return Infinity;
  const width = expected.data.length / expected.shape[0]!;
  let largest = 0;
  for (let start = 0; start < expected.data.length; start += width) {
    let scale = comparison === 'absolute' ? 1 : 0;
    let difference = 0;
    for (let index = start; index < start + width; index++) {
      const error = Math.abs(expected.data[index]! - got.data[index]!);
      if (Number.isNaN(error)) return Infinity;
      difference = Math.max(difference, error);
      if (comparison === 'row-relative') scale = Math.max(scale, Math.abs(expected.data[index]!));
    }
    if (difference > 0) largest = Math.max(largest, difference / scale);
  }
  return largest;
}
