/** The suite: the manifest, one facade per model or pack, and sessions that load on first use. */

import { engine } from '@tensorflow/tfjs-core';

import { BACKENDS, type BackendName, type BackendOptions, gpuBytes, rendererName } from './backends.js';
import { openFastest } from './choose.js';
import { BackendError, DisposedError, InputError } from './errors.js';
import type { ModelHandle, PackHandle } from './facade.js';
import { fetchModelFiles, type ModelFiles, type Progress } from './files.js';
import { type Facades, models, packs } from './generated/models.js';
import type { Manifest, ModelFile } from './generated/manifest.js';
import { fetchManifest, modelManifest, packManifest } from './manifest.js';
import { type ModelSession, Session } from './session.js';

/** How a suite is created. */
export interface SuiteOptions extends BackendOptions {
  /** Folder that serves manifest.json and the model files; relative to the page. */
  readonly baseUrl: string;
  /** `auto` picks the fastest working backend per model; a name takes that one or throws. */
  readonly backend?: 'auto' | BackendName | undefined;
  /** Told as a model's files arrive. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Replaces the page's fetch, for instance to add credentials. */
  readonly fetch?: typeof fetch | undefined;
}

/** What tfjs holds, over all suites of the page. */
export interface MemoryReport {
  /** Live tensors, weights included. */
  readonly numTensors: number;
  /** Bytes of these tensors. */
  readonly numBytes: number;
  /** Bytes that they hold on the GPU. */
  readonly gpuBytes: number;
}

/** What became of a backend in this suite. */
export interface BackendReport {
  readonly name: BackendName;
  /** `unused`: not tried yet. */
  readonly state: 'ready' | 'failed' | 'unused';
  /** Why it failed; null otherwise. */
  readonly reason: string | null;
}

/** What the suite offers beside the models' facades. */
export interface SuiteBase {
  /** The manifest as fetched. */
  readonly manifest: Manifest;
  /** A model on the suite's backend, or on the one named: loaded on first use and kept. */
  session(name: string, options?: { readonly backend?: 'auto' | BackendName | undefined }): Promise<ModelSession>;
  /** Tensors and bytes held. */
  memory(): MemoryReport;
  /** Name of the GPU or software renderer; null where webgl was not started. */
  renderer(): string | null;
  /** What became of each backend. */
  backends(): BackendReport[];
  /** Frees all models of the suite; later calls throw {@link DisposedError}. */
  dispose(): Promise<void>;
}

/** A suite: one facade per model or pack, by its name. */
export type Suite = SuiteBase & Facades;

/** Fetches the manifest and makes the facades; models load on first use. */
export async function openSuite(options: SuiteOptions): Promise<Suite> {
  const backend = options.backend ?? 'auto';
  checkBackend(backend);
  if (typeof options.baseUrl !== 'string') throw new InputError(`createSuite expects { baseUrl: string }, got ${typeof options.baseUrl}`);
  const baseUrl = folderUrl(options.baseUrl);
  const wasmUrl = options.wasmUrl === undefined ? undefined : folderUrl(options.wasmUrl);
  // Called as a plain function: the page's own fetch refuses any other `this`.
  const fetcher: typeof fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const core = new SuiteCore(await fetchManifest(baseUrl, fetcher), { ...options, backend, baseUrl, wasmUrl, fetch: fetcher });
  const suite: Suite = Object.assign(core, {} as Facades);
  const ofModels = Object.entries(models).map(([name, facade]) => [name, facade(core.handle(name, suite))]);
  const ofPacks = Object.entries<(pack: PackHandle) => unknown>(packs).map(([name, facade]) => [name, facade(core.packHandle(name, suite))]);
  return Object.assign(suite, Object.fromEntries([...ofModels, ...ofPacks]));
}

class SuiteCore implements SuiteBase {
  private readonly downloads = new Map<string, Promise<ModelFiles>>();
  private readonly sessions = new Map<string, Promise<Session>>();
  private readonly reports = new Map<BackendName, BackendReport>(BACKENDS.map((name) => [name, { name, state: 'unused', reason: null }]));
  private isDisposed = false;

  constructor(
    readonly manifest: Manifest,
    private readonly options: SuiteOptions & { readonly backend: 'auto' | BackendName; readonly fetch: typeof fetch },
  ) {}

  handle(name: string, suite: Facades): ModelHandle {
    const { manifest } = this;
    const session = (): Promise<ModelSession> => this.session(name);
    return {
      name,
      get manifest() {
        return modelManifest(manifest, name);
      },
      data: async () => (await this.files(name, modelManifest(manifest, name))).data,
      run: async (inputs) => (await session()).run(inputs),
      suite,
    };
  }

  packHandle(name: string, suite: Facades): PackHandle {
    const { manifest } = this;
    return {
      name,
      get manifest() {
        return packManifest(manifest, name);
      },
      data: async () => (await this.files(name, packManifest(manifest, name))).data,
      suite,
    };
  }

  async session(
    name: string,
    { backend = this.options.backend }: { readonly backend?: 'auto' | BackendName | undefined } = {},
  ): Promise<ModelSession> {
    if (this.isDisposed) throw new DisposedError('the suite');
    checkBackend(backend);
    return memoize(this.sessions, `${name} ${backend}`, () => this.open(name, backend));
  }

  memory(): MemoryReport {
    const { numTensors, numBytes } = engine().state;
    return { numTensors, numBytes, gpuBytes: gpuBytes() };
  }

  renderer(): string | null {
    return rendererName();
  }

  backends(): BackendReport[] {
    return [...this.reports.values()];
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    const opened = await Promise.allSettled(this.sessions.values());
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.dispose() : undefined)));
    this.sessions.clear();
    this.downloads.clear();
  }

  private async open(name: string, backend: 'auto' | BackendName): Promise<Session> {
    const manifest = modelManifest(this.manifest, name);
    const files = await this.files(name, manifest);
    const report = (tried: BackendName, reason: string | null): void => {
      this.reports.set(tried, { name: tried, state: reason === null ? 'ready' : 'failed', reason });
    };
    if (backend === 'auto') return openFastest(name, manifest, files, this.options, this.candidates(), report);
    try {
      const session = await Session.open(name, manifest, files, backend, this.options);
      report(backend, null);
      return session;
    } catch (error) {
      if (error instanceof BackendError) report(backend, error.message);
      throw error;
    }
  }

  private files(name: string, entry: { readonly files: readonly ModelFile[] }): Promise<ModelFiles> {
    if (this.isDisposed) throw new DisposedError('the suite');
    const { baseUrl, fetch, onProgress } = this.options;
    return memoize(this.downloads, name, () => fetchModelFiles(name, entry, baseUrl, fetch, onProgress));
  }

  /** Backends that have not failed yet; all of them again where none is left. */
  private candidates(): readonly BackendName[] {
    const hopeful = BACKENDS.filter((name) => this.reports.get(name)!.state !== 'failed');
    return hopeful.length > 0 ? hopeful : BACKENDS;
  }
}

/** One promise per key; a failure is forgotten, so that the next call tries again. */
function memoize<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

function folderUrl(url: string): string {
  return url === '' || url.endsWith('/') ? url : `${url}/`;
}

function checkBackend(backend: string): void {
  const names = ['auto', ...BACKENDS];
  if (!names.includes(backend)) throw new InputError(`unknown backend "${backend}"; expected one of ${names.join(', ')}`);
}
