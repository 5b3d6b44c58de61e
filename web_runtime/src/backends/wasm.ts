/** The wasm backend: SIMD where the browser has it, one thread (on models this small a second thread costs more than it gives). */

import { BackendWasm, init, setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
import { env, type KernelBackend } from '@tensorflow/tfjs-core';

import type { BackendOptions } from '../backends.js';
import { prepareBlockLstm } from '../lstm/wasm.js';

export { kernels } from '../generated/kernels_wasm.js';

const PLAIN = 'tfjs-backend-wasm.wasm';
const SIMD = 'tfjs-backend-wasm-simd.wasm';
const THREADED = 'tfjs-backend-wasm-threaded-simd.wasm';

/** The smallest module there is: magic number and version. */
const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** Makes the backend, or says why it can't: no WebAssembly, or a policy that forbids compiling it. */
export async function create({ wasmUrl }: BackendOptions): Promise<KernelBackend> {
  if (typeof WebAssembly === 'undefined') throw new Error('the browser has no WebAssembly');
  try {
    await WebAssembly.compile(EMPTY_MODULE);
  } catch (error) {
    throw new Error("the page's Content-Security-Policy forbids WebAssembly; allow it with script-src 'wasm-unsafe-eval'", {
      cause: error,
    });
  }
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths(pathsOf(wasmUrl));
  const [{ wasm }] = await Promise.all([init(), prepareBlockLstm()]);
  return new BackendWasm(wasm);
}

/** Written out as `new URL('<literal>', import.meta.url)`, the one form that bundlers and plain servers both resolve. */
function pathsOf(wasmUrl: string | undefined): Record<typeof PLAIN | typeof SIMD | typeof THREADED, string> {
  const simd = wasmUrl === undefined ? new URL('./tfjs-backend-wasm-simd.wasm', import.meta.url).href : wasmUrl + SIMD;
  const plain = wasmUrl === undefined ? new URL('./tfjs-backend-wasm.wasm', import.meta.url).href : wasmUrl + PLAIN;
  return { [PLAIN]: plain, [SIMD]: simd, [THREADED]: simd };
}
