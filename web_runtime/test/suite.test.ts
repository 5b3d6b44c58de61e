import { engine, getBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';

import { BackendError, DisposedError, InputError, IntegrityError } from '../src/errors.js';
import type { PackHandle } from '../src/facade.js';
import { createSuite } from '../src/index.js';
import { tinyFetch, tinyManifest } from './tiny.js';

// The real lists come from exported models; this suite needs just these.
vi.mock('../src/generated/kernels_cpu.js', async () => {
  const { multiplyConfig } = await import('@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply.js');
  const { identityConfig } = await import('@tensorflow/tfjs-backend-cpu/dist/kernels/Identity.js');
  return { kernels: [multiplyConfig, identityConfig] };
});
vi.mock('../src/generated/kernels_wasm.js', () => ({ kernels: [] }));
vi.mock('../src/generated/kernels_webgl.js', () => ({ kernels: [] }));
vi.mock('../src/generated/models.js', async (importOriginal) => {
  const three = (pack: PackHandle) => ({ sum: async () => (await pack.data()).reduce((total, byte) => total + byte), suite: () => pack.suite });
  return { ...(await importOriginal<object>()), packs: { three } };
});

const options = { baseUrl: '/models', backend: 'cpu', fetch: tinyFetch() } as const;
const input = { x: { shape: [2, 2], data: [1, 2, 3, 4] } };

describe('suite', () => {
  it('loads a model once, tests it against the golden pair, and runs it', async () => {
    const suite = await createSuite(options);
    const [session, same] = await Promise.all([suite.session('tiny'), suite.session('tiny')]);
    expect(same).toBe(session);
    expect(session.timings.selfTestError).toBe(0);
    expect(await session.run(input)).toEqual({ y: { shape: [2, 2], data: Float32Array.of(2, 4, 6, 8) } });
    await suite.dispose();
  });

  it('keeps no tensor of a prediction, and none at all after dispose', async () => {
    const before = engine().state.numTensors;
    const suite = await createSuite(options);
    const session = await suite.session('tiny');
    const loaded = suite.memory().numTensors;
    for (let run = 0; run < 50; run++) await session.run(input);
    expect(suite.memory().numTensors).toBe(loaded);
    await suite.dispose();
    expect(engine().state.numTensors).toBe(before);
  });

  it('answers concurrent predictions of several suites each with its own numbers', async () => {
    const suites = await Promise.all([createSuite(options), createSuite(options)]);
    const sessions = await Promise.all(suites.map((suite) => suite.session('tiny')));
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => sessions[index % 2]!.run({ x: { shape: [1, 2], data: [index, -index] } })),
    );
    answers.forEach((answer, index) => expect(Array.from(answer['y']!.data)).toEqual([2 * index, -2 * index]));
    await Promise.all(suites.map((suite) => suite.dispose()));
  });

  it('forgets a failed download, so that the next call loads', async () => {
    let isBroken = true;
    const flip = (name: string, content: Uint8Array): Uint8Array =>
      isBroken && name === 'tiny.bin' ? content.map((byte) => byte ^ 1) : content;
    const suite = await createSuite({ ...options, fetch: tinyFetch(flip) });
    await expect(suite.session('tiny')).rejects.toThrow(IntegrityError);
    isBroken = false;
    expect((await suite.session('tiny')).backend).toBe('cpu');
    await suite.dispose();
  });

  it('gives a pack its verified file, fetched once, and the suite it belongs to', async () => {
    let fetched = 0;
    let isBroken = true;
    const flip = (name: string, content: Uint8Array): Uint8Array => {
      if (name !== 'three.bin') return content;
      fetched += 1;
      return isBroken ? content.map((byte) => byte ^ 1) : content;
    };
    const suite = await createSuite({ ...options, fetch: tinyFetch(flip) });
    const { three } = suite as unknown as { three: { sum(): Promise<number>; suite(): unknown } };
    expect(three.suite()).toBe(suite);
    await expect(three.sum()).rejects.toThrow(IntegrityError);
    isBroken = false;
    expect(await Promise.all([three.sum(), three.sum()])).toEqual([6, 6]);
    expect(fetched).toBe(2);
    await suite.dispose();
    await expect(three.sum()).rejects.toThrow(DisposedError);
  });

  it('does not use a backend that fails the self-test, and frees what it loaded', async () => {
    const tiny = {
      ...tinyManifest.models['tiny']!,
      golden: { inputs: { x: { shape: [1, 2], data: [1, 2] } }, outputs: { y: { shape: [1, 2], data: [2, 4.1] } } },
    };
    const text = JSON.stringify({ ...tinyManifest, models: { tiny } });
    const wrong = (name: string, content: Uint8Array): Uint8Array => (name === 'manifest.json' ? new TextEncoder().encode(text) : content);
    const before = engine().state.numTensors;
    const suite = await createSuite({ ...options, fetch: tinyFetch(wrong) });
    await expect(suite.session('tiny')).rejects.toThrow(
      /^tiny: self-test failed on cpu: output "y" differs by 0\.09\d*, tolerance 0\.00001/,
    );
    expect(suite.backends().find(({ name }) => name === 'cpu')).toMatchObject({ state: 'failed' });
    expect(engine().state.numTensors).toBe(before);
    await suite.dispose();
  });

  it("puts the page's own backend back after each run", async () => {
    const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js');
    registerBackend('page', () => new MathBackendCPU());
    await setBackend('page');
    const suite = await createSuite(options);
    const session = await suite.session('tiny');
    expect((await session.run(input))['y']!.data[3]).toBe(8);
    expect(getBackend()).toBe('page');
    await suite.dispose();
    removeBackend('page');
  });

  it('goes on after the page has taken the backend out of tfjs', async () => {
    const suite = await createSuite(options);
    const session = await suite.session('tiny');
    removeBackend('cpu');
    expect((await session.run(input))['y']!.data[3]).toBe(8);
    await suite.dispose();
    expect(engine().state.numTensors).toBe(0);
  });

  it('falls back to cpu where neither WebGL nor the wasm binary is to be had', async () => {
    const suite = await createSuite({ ...options, backend: 'auto', wasmUrl: 'http://127.0.0.1:9/' });
    expect((await suite.session('tiny')).backend).toBe('cpu');
    expect(suite.backends().map(({ name, state }) => [name, state])).toEqual([
      ['webgl', 'failed'],
      ['wasm', 'failed'],
      ['cpu', 'ready'],
    ]);
    await suite.dispose();
  });

  it('says why where the backend asked for does not start', async () => {
    const suite = await createSuite({ ...options, backend: 'webgl' });
    await expect(suite.session('tiny')).rejects.toThrow(BackendError);
    await expect(suite.session('tiny')).rejects.toThrow('webgl did not start');
    await suite.dispose();
  });

  it.each([
    [{ z: input.x }, 'tiny: unknown input "z"; expected x'],
    [{}, 'tiny: input "x" expects { shape: [batch, 2], data }, got nothing'],
    [{ x: { shape: [1, 3], data: [1, 2, 3] } }, 'tiny: input "x" expects shape [batch, 2], got [1, 3]'],
    [{ x: { shape: [2, 2], data: [1, 2, 3] } }, 'tiny: input "x" of shape [2, 2] expects 4 values, got 3'],
    [{ x: { shape: [1, 2], data: [1, NaN] } }, 'tiny: input "x" expects finite float32 values, got NaN at index 1'],
  ])('refuses inputs that do not fit, case %#', async (inputs, message) => {
    const suite = await createSuite(options);
    const failure = (await suite.session('tiny')).run(inputs as never);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
    await suite.dispose();
  });

  it('refuses unknown outputs, backends and anything after dispose', async () => {
    const suite = await createSuite(options);
    const session = await suite.session('tiny');
    await expect(session.run(input, ['z'])).rejects.toThrow('tiny: unknown output "z"; expected one of y');
    await expect(createSuite({ ...options, backend: 'gpu' as 'cpu' })).rejects.toThrow(
      'unknown backend "gpu"; expected one of auto, webgl, wasm, cpu',
    );
    await suite.dispose();
    await expect(session.run(input)).rejects.toThrow(DisposedError);
    await expect(suite.session('tiny')).rejects.toThrow('the suite was disposed; create a new suite with createSuite()');
  });
});
