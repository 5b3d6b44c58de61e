/** Fetches `manifest.json` and checks by hand what the runtime relies on, so that a damaged or foreign file fails here and by name. */

import { ManifestError, reasonOf } from './errors.js';
import type { Manifest, ModelManifest, PackManifest } from './generated/manifest.js';

/** The manifest's form that this runtime reads. */
export const SCHEMA_VERSION = 1;

/** Name of the manifest below the base URL. */
export const MANIFEST = 'manifest.json';

/**
 * Fetches and checks the manifest.
 *
 * @param baseUrl - Folder of the exported models, ending in a slash.
 * @throws {@link ManifestError} where it is missing, truncated, of another version, or incomplete.
 */
export async function fetchManifest(baseUrl: string, fetcher: typeof fetch): Promise<Manifest> {
  const url = baseUrl + MANIFEST;
  let text: string;
  try {
    const response = await fetcher(url, { cache: 'no-cache' });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    text = await response.text();
  } catch (error) {
    throw new ManifestError(
      `${url} could not be fetched (${reasonOf(error)}); serve the folder that \`make export\` writes and give it as baseUrl`,
      { cause: error },
    );
  }
  return parseManifest(text, url);
}

/** Parses and checks a manifest's text; `url` is only named in errors. */
export function parseManifest(text: string, url: string = MANIFEST): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ManifestError(`${url} is not whole JSON (${reasonOf(error)}, ${text.length} characters); upload it again`, { cause: error });
  }
  const fail = (expected: string): never => {
    throw new ManifestError(`${url}: expected ${expected}; export the models again with this version's \`make export\``);
  };
  if (!isRecord(value)) return fail('a JSON object');
  if (value['schemaVersion'] !== SCHEMA_VERSION)
    return fail(`schemaVersion ${SCHEMA_VERSION}, got ${JSON.stringify(value['schemaVersion'])}`);
  for (const kind of ['models', 'packs']) if (!isRecord(value[kind])) return fail(`an object "${kind}"`);
  for (const [name, model] of Object.entries(value['models'] as object)) {
    const problem = problemOf(model);
    if (problem !== null) return fail(`model "${name}" with ${problem}`);
  }
  for (const [name, pack] of Object.entries(value['packs'] as object)) {
    const problem = problemOfPack(pack);
    if (problem !== null) return fail(`pack "${name}" with ${problem}`);
  }
  return value as unknown as Manifest;
}

/** The manifest of one model. */
export function modelManifest(manifest: Manifest, name: string): ModelManifest {
  return entryOf(manifest.models, name, 'model');
}

/** The manifest of one pack. */
export function packManifest(manifest: Manifest, name: string): PackManifest {
  return entryOf(manifest.packs, name, 'pack');
}

function entryOf<Entry>(entries: Readonly<Record<string, Entry>>, name: string, kind: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw new ManifestError(`the manifest holds no ${kind} "${name}"; it has ${Object.keys(entries).join(', ') || 'none'}`);
  return entry;
}

function problemOfPack(pack: unknown): string | null {
  if (!isRecord(pack)) return 'an object';
  if (!hasFile(pack, 'data')) return 'a file of role "data" with path, bytes and sha256';
  return isRecord(pack['constants']) ? null : 'an object "constants"';
}

function problemOf(model: unknown): string | null {
  if (!isRecord(model)) return 'an object';
  for (const role of ['graph', 'weights']) {
    if (!hasFile(model, role)) return `a file of role "${role}" with path, bytes and sha256`;
  }
  for (const key of ['inputs', 'outputs']) {
    const tensors = model[key];
    const isWhole = (tensor: unknown): boolean =>
      isRecord(tensor) && typeof tensor['name'] === 'string' && typeof tensor['node'] === 'string' && Array.isArray(tensor['shape']);
    if (!Array.isArray(tensors) || tensors.length === 0 || !tensors.every(isWhole)) return `${key}, each with name, node and shape`;
  }
  if (!Array.isArray(model['features'])) return 'an array "features"';
  for (const key of ['preprocessing', 'thresholds', 'tolerance', 'golden']) {
    if (!isRecord(model[key])) return `an object "${key}"`;
  }
  const golden = model['golden'] as Record<string, unknown>;
  return isRecord(golden['inputs']) && isRecord(golden['outputs']) ? null : 'a golden pair of inputs and outputs';
}

function hasFile({ files }: Record<string, unknown>, role: string): boolean {
  const isWhole = (file: unknown): boolean =>
    isRecord(file) && file['role'] === role && isName(file['path']) && typeof file['bytes'] === 'number' && isDigest(file['sha256']);
  return Array.isArray(files) && files.some(isWhole);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9._-]+$/.test(value);
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
