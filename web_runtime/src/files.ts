/** Fetches a model's files with progress, verifies their SHA-256, and keeps the bytes so that a lost GPU context can be rebuilt offline. */

import { sha256 as sha256Portable } from '@noble/hashes/sha2.js';

import { FileError, IntegrityError, reasonOf } from './errors.js';
import type { ModelFile } from './generated/manifest.js';

/** How far a model's download is. */
export interface Progress {
  /** Name of the model or pack. */
  readonly model: string;
  /** Bytes received so far, of all its files. */
  readonly loaded: number;
  /** Bytes of all its files. */
  readonly total: number;
}

/** The verified bytes of one model or pack, by role; empty for a role that it has no file of. */
export interface ModelFiles {
  /** The graph model's JSON. */
  readonly graph: Uint8Array<ArrayBuffer>;
  /** All weight shards, joined in the manifest's order. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** What is read outside a graph: by preprocessing, or by a pack. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Fetches and verifies all files of a model.
 *
 * @throws {@link FileError} where a file cannot be fetched, {@link IntegrityError} where its length or hash is another.
 */
export async function fetchModelFiles(
  name: string,
  model: { readonly files: readonly ModelFile[] },
  baseUrl: string,
  fetcher: typeof fetch,
  onProgress?: (progress: Progress) => void,
): Promise<ModelFiles> {
  const total = model.files.reduce((sum, file) => sum + file.bytes, 0);
  let loaded = 0;
  const receive = (bytes: number): void => {
    loaded += bytes;
    onProgress?.({ model: name, loaded, total });
  };
  const contents = await Promise.all(model.files.map((file) => fetchFile(name, file, baseUrl, fetcher, receive)));
  const ofRole = (role: ModelFile['role']): Uint8Array<ArrayBuffer> =>
    join(contents.filter((_, index) => model.files[index]!.role === role));
  return { graph: ofRole('graph'), weights: ofRole('weights'), data: ofRole('data') };
}

/** Hexadecimal SHA-256. Web Crypto exists only in secure contexts (https, localhost); elsewhere pure JavaScript answers the same. */
export async function sha256(
  bytes: Uint8Array<ArrayBuffer>,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<string> {
  const digest = subtle === undefined ? sha256Portable(bytes) : new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function fetchFile(
  model: string,
  file: ModelFile,
  baseUrl: string,
  fetcher: typeof fetch,
  receive: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const url = baseUrl + file.path;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const response = await fetcher(url);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    bytes = await readBody(response, receive);
  } catch (error) {
    throw new FileError(`${model}: ${url} could not be fetched (${reasonOf(error)}); upload every file that the manifest names`, {
      cause: error,
    });
  }
  if (bytes.length !== file.bytes)
    throw new IntegrityError(`${model}: ${url} has ${bytes.length} bytes, expected ${file.bytes}; upload it again`);
  const digest = await sha256(bytes);
  if (digest !== file.sha256) throw new IntegrityError(`${model}: ${url} has SHA-256 ${digest}, expected ${file.sha256}; upload it again`);
  return bytes;
}

async function readBody(response: Response, receive: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    receive(bytes.length);
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    receive(part.value.length);
  }
  return join(chunks);
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
