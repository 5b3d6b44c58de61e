/** The page that the parity tests drive: it uses the runtime as a product would, from one bundle under a strict policy. */

import { engine, env } from '@tensorflow/tfjs-core';
import { type BackendName, createSuite, type MemoryReport, type SessionTimings, type Suite, type SuiteOptions, TunesmithError } from 'tunesmith';

import { analyzeFile, audioHandlers } from './audio.js';
import { fromText, revived, textOf, type TensorText, toText } from './base64.js';
import { beginMaster, longMasteringHandlers } from './long_mastering.js';
import { signal } from './made-up.js';
import { masterAgain, masteringHandlers, masterSound } from './mastering.js';
import { mixFiles } from './mixing.js';

type Call = readonly unknown[];
type Facade = Record<string, (...args: Call) => unknown>;
type Choice = 'auto' | BackendName;
/** Arguments after the suite. */
type Tail<Handler extends (suite: Suite, ...args: never) => unknown> = Handler extends (suite: Suite, ...args: infer Rest) => unknown ? Rest : never;

interface Loaded {
  readonly backend: BackendName;
  readonly precision: string;
  readonly renderer: string | null;
  readonly timings: SessionTimings;
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
}

const suites = new Map<Choice, Suite>();
const violations: string[] = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push(`${violatedDirective}: ${blockedURI}`));

function suiteOn(backend: Choice): Suite {
  const suite = suites.get(backend);
  if (suite === undefined) throw new Error(`no suite was opened on ${backend}`);
  return suite;
}

function facadeOf(backend: Choice, model: string): Facade {
  return (suiteOn(backend) as unknown as Record<string, Facade>)[model]!;
}

/** What the tests may ask of the page, by name; every answer survives JSON. */
const handlers = {
  ...audioHandlers,
  ...masteringHandlers,
  ...longMasteringHandlers,

  /** A sound mastered by the suite, towards another where one is given. */
  masterSound: (backend: Choice, ...args: Tail<typeof masterSound>): ReturnType<typeof masterSound> => masterSound(suiteOn(backend), ...args),

  /** Masters a made-up song so many times. */
  masterAgain: (backend: Choice, ...args: Tail<typeof masterAgain>): Promise<number> => masterAgain(suiteOn(backend), ...args),

  /** What the suite's facades find in an audio file, given in base64. */
  analyze: (backend: Choice, file: string): Promise<object> => analyzeFile(suiteOn(backend), file),

  /** A mix of stems that lie at addresses of this site. */
  mixFiles: (backend: Choice, ...args: Tail<typeof mixFiles>): ReturnType<typeof mixFiles> => mixFiles(suiteOn(backend), ...args),

  /** Begins to master a long song, see {@link longMasteringHandlers}. */
  beginMaster: (backend: Choice, ...args: Tail<typeof beginMaster>): void => beginMaster(suiteOn(backend), ...args),

  /** Creates the suite of a backend, in place of an earlier one. */
  async open(backend: Choice, options: Partial<SuiteOptions> = {}): Promise<void> {
    await suites.get(backend)?.dispose();
    suites.delete(backend);
    suites.set(backend, await createSuite({ baseUrl: '/models/', wasmUrl: '/runtime/', allowSoftwareWebGL: true, backend, ...options }));
  },

  /** Opens a suite and loads a model, and the milliseconds from nothing to a model that is ready. */
  async loadCold(backend: Choice, model: string): Promise<Loaded & { milliseconds: number }> {
    const start = performance.now();
    await handlers.open(backend);
    const loaded = await handlers.load(backend, model);
    return { ...loaded, milliseconds: performance.now() - start };
  },

  /** Loads a model and tells where it runs, whose tolerance holds there, and what loading took. */
  async load(backend: Choice, model: string): Promise<Loaded> {
    const { backend: ran, timings } = await suiteOn(backend).session(model);
    const precision = ran === 'webgl' && !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 'webgl-f16' : ran;
    return { backend: ran, precision, renderer: suiteOn(backend).renderer(), timings };
  },

  /** What the facade feeds the graph for each call. */
  async encode(backend: Choice, model: string, calls: readonly Call[]): Promise<Record<string, TensorText>[]> {
    const facade = facadeOf(backend, model);
    const encoded = calls.map(async (args) => toText((await facade['encode']!(...args)) as Parameters<typeof toText>[0]));
    return Promise.all(encoded);
  },

  /** The graph's named outputs for named inputs. */
  async run(backend: Choice, model: string, inputs: Record<string, TensorText>, outputs: readonly string[]): Promise<Record<string, TensorText>> {
    const session = await suiteOn(backend).session(model);
    return toText(await session.run(fromText(inputs), outputs));
  },

  /** The facade's answer to each call, one after the other. */
  async predict(backend: Choice, model: string, method: string, calls: readonly Call[]): Promise<unknown[]> {
    const facade = facadeOf(backend, model);
    const answers: unknown[] = [];
    for (const args of calls) answers.push(await facade[method]!(...args));
    return answers;
  },

  /** The same answers as one text: many small values cross over to Python much faster so. */
  predictText: async (backend: Choice, model: string, method: string, calls: readonly Call[]): Promise<string> =>
    JSON.stringify(await handlers.predict(backend, model, method, calls)),

  /** Milliseconds of each call; the backends take turns, so that a busy machine slows all of them alike. */
  async time(backends: readonly Choice[], model: string, method: string, calls: readonly Call[]): Promise<Record<string, number[]>> {
    const times: Record<string, number[]> = Object.fromEntries(backends.map((backend) => [backend, []]));
    for (const args of calls) {
      for (const backend of backends) {
        const facade = facadeOf(backend, model);
        const start = performance.now();
        await facade[method]!(...args);
        times[backend]!.push(performance.now() - start);
      }
    }
    return times;
  },

  /** The facade's answer to so many seconds of made-up sound. */
  hear: async (backend: Choice, model: string, method: string, seconds: number, sampleRate: number): Promise<unknown> =>
    facadeOf(backend, model)[method]!({ samples: signal(seconds, sampleRate), sampleRate }),

  /** The live weights from which a session answers, read back from its backend. */
  async weights(backend: Choice, model: string): Promise<Record<string, TensorText>> {
    const session = await suiteOn(backend).session(model);
    // Private for products; parity reads what really lies on the device rather than decoding the file once more.
    const { weights } = (session as unknown as { model: { weights: Record<string, LiveTensor[]> } }).model;
    const read = Object.entries(weights).map(async ([name, [tensor]]) => [name, textOf(tensor!.shape, await tensor!.data())] as const);
    return Object.fromEntries(await Promise.all(read));
  },

  /** What tfjs holds, and the memory of the wasm backend where it was started. */
  memory(backend: Choice): MemoryReport & { wasmBytes: number } {
    const wasm = engine().registry['wasm'] as { wasm?: { HEAPU8?: Uint8Array } } | undefined;
    return { ...suiteOn(backend).memory(), wasmBytes: wasm?.wasm?.HEAPU8?.byteLength ?? 0 };
  },

  /** What draws for webgl; null before it was started. */
  renderer: (): string | null => suiteOn('webgl').renderer(),

  /** Takes the GPU context away, as a driver's reset would. */
  loseContext(): void {
    const webgl = engine().registry['webgl'] as unknown as { gpgpu: { gl: WebGLRenderingContext } };
    webgl.gpgpu.gl.getExtension('WEBGL_lose_context')!.loseContext();
  },

  /** The facade's answer to a call during which the GPU context is taken away. */
  async predictWhileLosing(backend: Choice, model: string, method: string, args: Call): Promise<unknown> {
    const answer = facadeOf(backend, model)[method]!(...args);
    // By the next task the graph was submitted and its result is being read.
    await new Promise((resolve) => setTimeout(resolve));
    handlers.loseContext();
    return answer;
  },

  /** Frees a suite. */
  async dispose(backend: Choice): Promise<void> {
    await suiteOn(backend).dispose();
    suites.delete(backend);
  },

  /** What the page's policy refused since the last time it was asked. */
  violations: (): readonly string[] => violations.splice(0),
};

interface LiveTensor {
  readonly shape: number[];
  data(): Promise<Float32Array | Int32Array>;
}

declare global {
  interface Window {
    parity(handler: keyof typeof handlers, args: readonly unknown[]): Promise<Outcome>;
  }
}

/** Longest that one call may take: far more than any needs, and far less than a test run that hangs. */
const LIMIT_MS = 120_000;

window.parity = async (handler, args) => {
  // In a task of its own: code that a debugger evaluates is exempt from the policy.
  await new Promise((resolve) => setTimeout(resolve));
  const limit = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`${handler} did not end in ${LIMIT_MS} ms`)), LIMIT_MS));
  try {
    return { value: await Promise.race([(handlers[handler] as (...args: Call) => unknown)(...(revived(args) as Call)), limit]) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, code: error instanceof TunesmithError ? error.code : '', message } };
  }
};
