/** Starts tfjs' backends one by one, explicitly and with the suite's own kernels, and runs work on the one that is asked for. */

import {
  enableProdMode,
  engine,
  env,
  getKernel,
  type KernelBackend,
  type KernelConfig,
  registerBackend,
  registerKernel,
  setBackend,
} from '@tensorflow/tfjs-core';

import { BackendError, reasonOf } from './errors.js';
import { exclusive } from './queue.js';
import { rendererOf } from './renderer.js';

/** A backend by name, fastest hardware first. */
export type BackendName = 'webgl' | 'wasm' | 'cpu';

/** All backends in the order in which `auto` tries them. */
export const BACKENDS: readonly BackendName[] = ['webgl', 'wasm', 'cpu'];

/** Options of how backends start; the first start of a backend decides for the page. */
export interface BackendOptions {
  /** Folder that serves tfjs-backend-wasm.wasm and tfjs-backend-wasm-simd.wasm; those of the package by default. */
  readonly wasmUrl?: string | undefined;
  /** Accept WebGL that is rendered in software: right but slow, for tests. */
  readonly allowSoftwareWebGL?: boolean | undefined;
}

/** What a backend's module provides to be started; the modules load on demand so that a page downloads only what it uses. */
export interface BackendModule {
  /** Kernels that the exported graphs need. */
  readonly kernels: readonly KernelConfig[];
  /** Makes the backend, or throws with the reason why it can't. */
  create(options: BackendOptions): KernelBackend | Promise<KernelBackend>;
}

/** A started backend. */
export interface StartedBackend {
  readonly name: BackendName;
  readonly instance: KernelBackend;
  /** Resolves when the backend loses its device; never on cpu and wasm. */
  readonly lost: Promise<void>;
  /** Whether the device is lost by now, or the page has taken the backend out of tfjs. */
  isLost(): boolean;
}

const PRIORITY = 1;
const started = new Map<BackendName, StartedBackend>();
/** The backend that this package set last, and the one that the page had chosen before, to be put back after each run. */
let ours: string | undefined;
let chosenByPage: string | undefined;

/**
 * Starts a backend, or returns the one that runs.
 *
 * @throws {@link BackendError} with the reason.
 */
export function startBackend(name: BackendName, options: BackendOptions): Promise<StartedBackend> {
  return exclusive(async () => {
    const running = started.get(name);
    if (running !== undefined && !running.isLost()) return running;
    if (running !== undefined) discard(running);
    try {
      const backend = await start(name, options);
      started.set(name, backend);
      return backend;
    } catch (error) {
      throw new BackendError(`${name} did not start: ${reasonOf(error)}`, { cause: error });
    }
  });
}

/** Runs work with the backend set, queued behind all other work on any backend; nothing else runs until it has ended. */
export function onBackend<T>({ name, isLost }: StartedBackend, work: () => T | Promise<T>): Promise<T> {
  return exclusive(async () => {
    if (isLost()) throw new BackendError(`${name} has lost its device`);
    await activate(name);
    try {
      return await work();
    } finally {
      await restore();
    }
  });
}

/** Bytes that live tensors hold on the GPU. */
export function gpuBytes(): number {
  const webgl = started.get('webgl')?.instance.memory() as { numBytesInGPU?: number } | undefined;
  return webgl?.numBytesInGPU ?? 0;
}

async function start(name: BackendName, options: BackendOptions): Promise<StartedBackend> {
  enableProdMode();
  const module = await loadModule(name);
  for (const kernel of module.kernels) {
    if (getKernel(kernel.kernelName, name) === undefined) registerKernel(kernel);
  }
  let instance = engine().registry[name];
  if (instance === undefined) {
    // Made here and not by tfjs, which would swallow the reason of a failure.
    const made = await module.create(options);
    if (engine().findBackendFactory(name) !== null) engine().removeBackend(name);
    registerBackend(name, () => made, PRIORITY);
    instance = made;
  }
  // Also where the page runs this backend already: only setting it sets the added kernels up.
  if (engine().backendName !== name) await activate(name);
  else await setBackend(name);
  await restore();
  return { name, instance, ...deviceOf(name, instance) };
}

async function activate(name: string): Promise<void> {
  const current = engine().backendName;
  if (current && current !== ours) chosenByPage = current;
  if (current !== name && !(await setBackend(name))) throw new BackendError(`${name} could not be made tfjs' backend`);
  ours = name;
}

/** Puts the page's own backend back, unless the page has removed it since. */
async function restore(): Promise<void> {
  if (chosenByPage === undefined) return;
  if (engine().findBackendFactory(chosenByPage) === null) chosenByPage = undefined;
  else await activate(chosenByPage);
}

function loadModule(name: BackendName): Promise<BackendModule> {
  if (name === 'webgl') return import('./backends/webgl.js');
  return name === 'wasm' ? import('./backends/wasm.js') : import('./backends/cpu.js');
}

function discard({ name, instance }: StartedBackend): void {
  started.delete(name);
  // Pending reads of a lost device never finish, and tfjs would poll for them without end.
  const gpgpu = (instance as { gpgpu?: { itemsToPoll?: unknown[] } }).gpgpu;
  if (gpgpu?.itemsToPoll !== undefined) gpgpu.itemsToPoll.length = 0;
  if (engine().registry[name] === instance) engine().removeBackend(name);
  if (ours === name) ours = undefined;
}

function deviceOf(name: BackendName, instance: KernelBackend): Pick<StartedBackend, 'lost' | 'isLost'> {
  const gl = contextOf(instance);
  const lost = new Promise<void>((resolve) => gl?.canvas.addEventListener('webglcontextlost', () => resolve(), { once: true }));
  return { lost, isLost: () => engine().registry[name] !== instance || gl?.isContextLost() === true };
}

function contextOf(instance: KernelBackend): WebGLRenderingContext | undefined {
  return (instance as { gpgpu?: { gl: WebGLRenderingContext } }).gpgpu?.gl;
}

/** Name of the GPU or software renderer that draws, for reports; null before webgl has started. */
export function rendererName(): string | null {
  const webgl = started.get('webgl');
  const gl = webgl === undefined ? undefined : contextOf(webgl.instance);
  return gl === undefined ? null : rendererOf(gl);
}

/** Class of numbers that a backend computes in, by which the manifest's tolerances are named. */
export function precisionOf(name: BackendName): string {
  return name === 'webgl' && !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 'webgl-f16' : name;
}
