/** BlockLSTMV2 on tfjs' cpu backend: the plain loop on the backend's own arrays. */

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';

import { lstmLoop } from './loop.js';
import { BLOCK_LSTM, type LstmInputs, sizesOf } from './shape.js';

/** BlockLSTMV2 on this backend. */
export const kernel: KernelConfig = {
  kernelName: BLOCK_LSTM,
  backendName: 'cpu',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const cpu = backend as MathBackendCPU;
    const { x, csPrev, hPrev, w, b } = inputs as LstmInputs;
    const sizes = sizesOf(inputs as LstmInputs);
    const values = (info: TensorInfo): Float32Array => cpu.data.get(info.dataId).values as Float32Array;
    const h = new Float32Array(sizes.steps * sizes.batch * sizes.units);
    lstmLoop(
      { x: values(x), csPrev: values(csPrev), hPrev: values(hPrev), w: values(w), b: values(b) },
      sizes,
      attrs!['cellClip'] as number,
      h,
    );
    return cpu.makeTensorInfo([sizes.steps, sizes.batch, sizes.units], 'float32', h);
  },
};
