/** Typed arrays as text, because what crosses between Python and the page is JSON. */

import type { NamedTensors } from 'tunesmith';

/** A tensor as text: little-endian bytes of its values in base64. */
export interface TensorText {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: string;
}

/** Characters per call of String.fromCharCode, far below every engine's limit of arguments. */
const CHUNK = 0x8000;

/** Writes named tensors as text. */
export function toText(tensors: NamedTensors): Record<string, TensorText> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape, data }]) => [name, textOf(shape, data)]));
}

/** Writes one tensor as text. */
export function textOf(shape: readonly number[], values: Float32Array | Int32Array): TensorText {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { shape, dtype: values instanceof Int32Array ? 'int32' : 'float32', data: textOfBytes(bytes) };
}

/** Writes bytes as base64. */
export function textOfBytes(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK) binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  return btoa(binary);
}

/** Reads named tensors from text. */
export function fromText(texts: Record<string, TensorText>): NamedTensors {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { shape: text.shape, data: valuesOf(text) }]));
}

/** Bytes of a base64 text; a plain loop, because reading a string of megabytes as an iterable takes ten times as long. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Call arguments in which each `{ float32: base64 }` is a Float32Array. */
export function revived(value: unknown): unknown {
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(revived);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === 'float32') return valuesOf({ shape: [], dtype: 'float32', data: entries[0]![1] as string });
  return Object.fromEntries(entries.map(([key, item]) => [key, revived(item)]));
}

function valuesOf({ dtype, data }: TensorText): Float32Array | Int32Array {
  const { buffer } = bytesOf(data);
  return dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
}
