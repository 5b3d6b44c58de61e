/** One model on one backend: built from verified bytes, warmed up, self-tested, and rebuilt from the bytes when the GPU context is lost. */

import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { dispose, tensor, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { type BackendName, type BackendOptions, onBackend, precisionOf, type StartedBackend, startBackend } from './backends.js';
import { BackendError, DisposedError, InputError, ManifestError, reasonOf, TunesmithError } from './errors.js';
import type { ModelFiles } from './files.js';
import type { ModelManifest, TensorInfo } from './generated/manifest.js';
import { assertOnlyHiddenIsRead, type GraphTopology, registerBlockLstm } from './lstm/op.js';
import { exclusive } from './queue.js';
import { goldenInputs, goldenOutputs, selfTest } from './selftest.js';
import { conform, type NamedTensors, type TensorData, type TensorLike } from './tensors.js';
import { compileShaders } from './warmup.js';

/** What loading a model on a backend took, and how exact it is there. */
export interface SessionTimings {
  /** Milliseconds to start the backend, parse the graph and place the weights; the download is not in it. */
  readonly loadMs: number;
  /** Milliseconds to compile shaders; 0 where there are none. */
  readonly warmupMs: number;
  /** Milliseconds of the first real prediction. */
  readonly firstMs: number;
  /** Largest error against the golden pair, in each output's own comparison. */
  readonly selfTestError: number;
}

/** One model on one backend. */
export interface ModelSession {
  /** Name of the model. */
  readonly name: string;
  /** The backend that computes. */
  readonly backend: BackendName;
  /** What the export says of the model. */
  readonly manifest: ModelManifest;
  /** What loading took. */
  readonly timings: SessionTimings;
  /**
   * Runs the graph.
   *
   * @param inputs - Every input of the manifest, batch axis first.
   * @param outputNames - Outputs wanted; all but `features` by default.
   * @throws {@link InputError} where a name, shape or value does not fit, {@link DisposedError} after dispose.
   */
  run(inputs: Record<string, TensorLike>, outputNames?: readonly string[]): Promise<NamedTensors>;
}

type GraphJson = Exclude<Parameters<typeof loadGraphModelSync>[0], object[] | { load: unknown }> & { modelTopology: GraphTopology };

/** The graph's own intermediate that only parity asks for. */
const FEATURES = 'features';

/** {@inheritDoc ModelSession} */
export class Session implements ModelSession {
  timings: SessionTimings = { loadMs: 0, warmupMs: 0, firstMs: 0, selfTestError: 0 };
  private isDisposed = false;
  private rebuilding: Promise<void> | null = null;

  private constructor(
    readonly name: string,
    readonly manifest: ModelManifest,
    private readonly files: ModelFiles,
    private readonly options: BackendOptions,
    private started: StartedBackend,
    private model: GraphModel | null,
  ) {}

  /**
   * Builds, warms up and self-tests a model on a backend.
   *
   * @throws {@link BackendError} where the backend does not start, can't run the graph, or fails the self-test; nothing stays in memory.
   */
  static async open(
    name: string,
    manifest: ModelManifest,
    files: ModelFiles,
    backend: BackendName,
    options: BackendOptions,
  ): Promise<Session> {
    const start = performance.now();
    const started = await startBackend(backend, options);
    const session = new Session(name, manifest, files, options, started, null);
    try {
      session.model = await build(name, manifest, files, started);
      const loadMs = performance.now() - start;
      session.timings = { loadMs, ...(await session.prepare()) };
    } catch (error) {
      await session.dispose();
      if (error instanceof TunesmithError) throw error;
      throw new BackendError(`${name} does not run on ${backend}: ${reasonOf(error)}`, { cause: error });
    }
    return session;
  }

  get backend(): BackendName {
    return this.started.name;
  }

  /** One row of real input, for warm-up and timing. */
  get warmInputs(): Record<string, TensorLike> {
    return Object.fromEntries(Object.entries(goldenInputs(this.manifest)).map(([name, value]) => [name, firstRow(value)]));
  }

  async run(inputs: Record<string, TensorLike>, outputNames?: readonly string[]): Promise<NamedTensors> {
    const tensors = this.conformAll(inputs);
    const outputs = this.outputsOf(outputNames);
    for (;;) {
      if (this.isDisposed) throw new DisposedError(`the session of ${this.name}`);
      if (this.started.isLost()) await this.rebuild();
      const answer = await this.compute(tensors, outputs);
      if (answer !== null) return answer;
    }
  }

  /** Frees the model's tensors; runs that are under way end first. */
  async dispose(): Promise<void> {
    this.isDisposed = true;
    await exclusive(() => this.model?.dispose());
    this.model = null;
  }

  /** One attempt; null where the device was lost meanwhile. */
  private async compute(inputs: ReadonlyMap<TensorInfo, TensorData>, outputs: readonly TensorInfo[]): Promise<NamedTensors | null> {
    const started = this.started;
    let results: Tensor[] = [];
    try {
      const reading = await onBackend(started, () => {
        results = this.execute(inputs, outputs);
        return { values: Promise.all(results.map((result) => result.data())) };
      });
      const values = await Promise.race([reading.values, started.lost]);
      if (values === undefined || started.isLost()) return null;
      return Object.fromEntries(
        outputs.map(({ name }, index) => [name, { shape: results[index]!.shape, data: values[index] as Float32Array | Int32Array }]),
      );
    } catch (error) {
      if (started.isLost() && !this.isDisposed) return null;
      throw error;
    } finally {
      dispose(results);
    }
  }

  private execute(inputs: ReadonlyMap<TensorInfo, TensorData>, outputs: readonly TensorInfo[]): Tensor[] {
    const { model } = this;
    if (model === null || this.isDisposed) throw new DisposedError(`the session of ${this.name}`);
    return tidy(() => {
      const feed = Object.fromEntries(Array.from(inputs, ([{ node, dtype }, { data, shape }]) => [node, tensor(data, [...shape], dtype)]));
      const results = model.execute(
        feed,
        outputs.map(({ node }) => node),
      );
      return Array.isArray(results) ? results : [results];
    });
  }

  private async prepare(): Promise<Omit<SessionTimings, 'loadMs'>> {
    const one = this.warmInputs;
    const start = performance.now();
    const inputs = this.conformAll(one);
    await compileShaders(this.started, () => this.execute(inputs, this.outputsOf()));
    const compiled = performance.now();
    await this.run(one);
    const ran = performance.now();
    const answers = await this.run(goldenInputs(this.manifest), goldenOutputs(this.manifest));
    const selfTestError = selfTest(this.name, this.manifest, precisionOf(this.backend), answers);
    return { warmupMs: this.backend === 'webgl' ? compiled - start : 0, firstMs: ran - compiled, selfTestError };
  }

  /** Starts the backend anew and builds the model from the bytes at hand; concurrent runs share one rebuild. */
  private rebuild(): Promise<void> {
    this.rebuilding ??= (async () => {
      const lost = this.model;
      this.model = null;
      lost?.dispose();
      this.started = await startBackend(this.backend, this.options);
      const rebuilt = await build(this.name, this.manifest, this.files, this.started);
      if (this.isDisposed) rebuilt.dispose();
      else this.model = rebuilt;
    })().finally(() => {
      this.rebuilding = null;
    });
    return this.rebuilding;
  }

  private conformAll(inputs: Record<string, TensorLike>): Map<TensorInfo, TensorData> {
    const expected = this.manifest.inputs.map(({ name }) => name);
    const unknown = Object.keys(inputs).filter((name) => !expected.includes(name));
    if (unknown.length > 0) throw new InputError(`${this.name}: unknown input "${unknown.join('", "')}"; expected ${expected.join(', ')}`);
    const tensors = new Map(this.manifest.inputs.map((info) => [info, conform(this.name, info, inputs[info.name])]));
    const batches = new Set(Array.from(tensors.values(), ({ shape }) => shape[0]));
    if (batches.size > 1) throw new InputError(`${this.name}: expected one batch size for all inputs, got ${[...batches].join(', ')}`);
    return tensors;
  }

  private outputsOf(names?: readonly string[]): TensorInfo[] {
    const all = this.manifest.outputs;
    if (names === undefined) return all.filter(({ name }) => name !== FEATURES);
    return names.map((name) => {
      const info = all.find((output) => output.name === name);
      if (info === undefined)
        throw new InputError(`${this.name}: unknown output "${name}"; expected one of ${all.map((output) => output.name).join(', ')}`);
      return info;
    });
  }
}

async function build(name: string, manifest: ModelManifest, files: ModelFiles, started: StartedBackend): Promise<GraphModel> {
  registerBlockLstm();
  let json: GraphJson;
  try {
    // Parsed anew each time, because the converter keeps parts of it.
    json = JSON.parse(new TextDecoder().decode(files.graph)) as GraphJson;
  } catch (error) {
    throw new ManifestError(`${name}: the graph file is not JSON (${reasonOf(error)}); export the models again`, { cause: error });
  }
  assertOnlyHiddenIsRead(
    json.modelTopology,
    manifest.outputs.map(({ node }) => node),
  );
  // Weights belong to the backend on which they are made.
  return onBackend(started, () => loadGraphModelSync([json, files.weights.buffer] as never) as GraphModel);
}

function firstRow({ shape, data }: TensorLike): TensorLike {
  return { shape: [1, ...shape.slice(1)], data: Array.from(data).slice(0, data.length / shape[0]!) };
}
