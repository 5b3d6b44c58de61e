/** Compares a model's answer on the user's own machine with the golden pair that Python wrote into the manifest. */

import { BackendError } from './errors.js';
import type { ModelManifest } from './generated/manifest.js';
import { type NamedTensors, sizeOf, type TensorLike } from './tensors.js';

/** Names of the golden outputs that the manifest describes. */
export function goldenOutputs(manifest: ModelManifest): string[] {
  return manifest.outputs.map(({ name }) => name).filter((name) => Object.hasOwn(manifest.golden.outputs, name));
}

/** The golden inputs, whose values the manifest gives once where they repeat. */
export function goldenInputs({ golden }: ModelManifest): Record<string, TensorLike> {
  const filled = ({ shape, data }: TensorLike): TensorLike => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, (_, index) => data[index % data.length]!),
  });
  return Object.fromEntries(Object.entries(golden.inputs).map(([name, value]) => [name, filled(value)]));
}

/**
 * Largest error over all golden outputs.
 *
 * @param precision - `cpu`, `wasm`, `webgl` or `webgl-f16`: whose tolerance holds.
 * @throws {@link BackendError} where an error passes the manifest's tolerance or is not a number.
 */
export function selfTest(name: string, manifest: ModelManifest, precision: string, answers: NamedTensors): number {
  const tolerance = manifest.tolerance[precision]!;
  const outputs = goldenOutputs(manifest).map((output) => manifest.outputs.find((candidate) => candidate.name === output)!);
  const scales = rowScales(outputs.filter(({ comparison }) => comparison === 'row-relative').map((info) => manifest.golden.outputs[info.name]!));
  let largest = 0;
  for (const { name: output, comparison } of outputs) {
    const error = largestError(manifest.golden.outputs[output]!, answers[output]!, comparison === 'row-relative' ? scales : null);
    if (!(error <= tolerance)) {
      throw new BackendError(`${name}: self-test failed on ${precision}: output "${output}" differs by ${error}, tolerance ${tolerance} (${comparison})`);
    }
    largest = Math.max(largest, error);
  }
  return largest;
}

/** Largest magnitude of each row over all tensors `[rows, ...]`; 1 for a row of zeros. */
export function rowScales(expected: readonly TensorLike[]): number[] {
  const rows = expected[0]?.shape[0] ?? 0;
  return Array.from({ length: rows }, (_, row) => {
    const values = expected.flatMap(({ shape, data }) => {
      const width = data.length / shape[0]!;
      return Array.from({ length: width }, (_value, index) => Math.abs(data[row * width + index]!));
    });
    return Math.max(...values) || 1;
  });
}

/** Largest `|a - b|`, each divided by its row's scale where scales are given; infinite where shapes differ or a value is no number. */
export function largestError(expected: TensorLike, got: TensorLike, scales: readonly number[] | null): number {
  if (expected.data.length !== got.data.length) return Infinity;
  const width = expected.data.length / expected.shape[0]!;
  let largest = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const error = Math.abs(expected.data[index]! - got.data[index]!) / (scales?.[Math.floor(index / width)] ?? 1);
    if (Number.isNaN(error)) return Infinity;
    largest = Math.max(largest, error);
  }
  return largest;
}
