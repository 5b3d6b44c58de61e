/** BlockLSTMV2 on tfjs' wasm backend: the SIMD module, or the plain loop, on typed-array views of the backend's heap. */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';

import { lstmLoop } from './loop.js';
import { BLOCK_LSTM, type LstmInputs, sizesOf } from './shape.js';
import { type LstmRunner, startSimd } from './simd.js';

let simd: LstmRunner | null = null;

/** Compiles the SIMD module where the browser has it; call once, before the backend runs. */
export async function prepareBlockLstm(): Promise<void> {
  simd = await startSimd();
}

/** BlockLSTMV2 on this backend. */
export const kernel: KernelConfig = {
  kernelName: BLOCK_LSTM,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const wasm = backend as BackendWasm;
    const { x, csPrev, hPrev, w, b } = inputs as LstmInputs;
    const sizes = sizesOf(inputs as LstmInputs);
    // Allocated first: growing the heap would detach views taken before.
    const output = wasm.makeOutput([sizes.steps, sizes.batch, sizes.units], 'float32');
    const view = (info: TensorInfo): Float32Array => wasm.typedArrayFromHeap(info) as Float32Array;
    const arrays = { x: view(x), csPrev: view(csPrev), hPrev: view(hPrev), w: view(w), b: view(b) };
    const run = simd !== null && sizes.units % 4 === 0 ? simd : lstmLoop;
    run(arrays, sizes, attrs!['cellClip'] as number, view(output));
    return output;
  },
};
