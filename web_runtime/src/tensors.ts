/** Named tensors as plain typed arrays: what facades and sessions exchange, free of any tfjs object that would need disposing. */

import { InputError } from './errors.js';
import type { TensorInfo } from './generated/manifest.js';

/** A tensor in row-major order, batch axis first. */
export interface TensorData {
  /** Sizes with the batch axis. */
  readonly shape: readonly number[];
  /** Values; the length is the product of the shape. */
  readonly data: Float32Array | Int32Array;
}

/** A tensor as a caller may hand it in: any array of numbers will do. */
export interface TensorLike {
  /** Sizes with the batch axis. */
  readonly shape: readonly number[];
  /** Values; the length is the product of the shape. */
  readonly data: ArrayLike<number>;
}

/** Tensors by the names of the manifest. */
export type NamedTensors = Record<string, TensorData>;

/** Number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Checks one input against the manifest and brings it to the tensor's typed array.
 *
 * @throws {@link InputError} where the shape, the length or a value does not fit.
 */
export function conform(model: string, info: TensorInfo, value: TensorLike | undefined): TensorData {
  const expected = `[batch${info.shape.map((size) => `, ${size}`).join('')}]`;
  if (value === undefined || !Array.isArray(value.shape) || typeof value.data?.length !== 'number') {
    throw new InputError(
      `${model}: input "${info.name}" expects { shape: ${expected}, data }, got ${value === undefined ? 'nothing' : typeof value}`,
    );
  }
  const fits =
    value.shape.length === info.shape.length + 1 && info.shape.every((size, axis) => size === value.shape[axis + 1]) && value.shape[0]! > 0;
  if (!fits) throw new InputError(`${model}: input "${info.name}" expects shape ${expected}, got [${value.shape.join(', ')}]`);
  if (value.data.length !== sizeOf(value.shape)) {
    throw new InputError(
      `${model}: input "${info.name}" of shape [${value.shape.join(', ')}] expects ${sizeOf(value.shape)} values, got ${value.data.length}`,
    );
  }
  const data = info.dtype === 'int32' ? Int32Array.from(value.data) : toFloat32(value.data);
  const bad = data.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0)
    throw new InputError(
      `${model}: input "${info.name}" expects finite ${info.dtype} values, got ${String(value.data[bad])} at index ${bad}`,
    );
  return { shape: value.shape, data };
}

function toFloat32(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
