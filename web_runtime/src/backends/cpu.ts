/** The cpu backend: plain JavaScript, works everywhere. */

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import type { KernelBackend } from '@tensorflow/tfjs-core';

export { kernels } from '../generated/kernels_cpu.js';

/** Makes the backend. */
export function create(): KernelBackend {
  return new MathBackendCPU();
}
