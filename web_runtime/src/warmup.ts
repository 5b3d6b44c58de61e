/** Compiles a model's WebGL programs in parallel before the first prediction, instead of one after the other during it. */

import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import { dispose, env, type Tensor } from '@tensorflow/tfjs-core';

import { onBackend, type StartedBackend } from './backends.js';

/**
 * Compiles all programs that `execute` needs; nothing to do on backends that compile no shaders.
 *
 * @param execute - Runs the model once; in this pass the numbers that come out mean nothing.
 */
export async function compileShaders(backend: StartedBackend, execute: () => Tensor[]): Promise<void> {
  if (backend.name !== 'webgl') return;
  const webgl = backend.instance as MathBackendWebGL;
  await onBackend(backend, async () => {
    env().set('ENGINE_COMPILE_ONLY', true);
    try {
      dispose(execute());
    } finally {
      env().set('ENGINE_COMPILE_ONLY', false);
    }
    await Promise.race([webgl.checkCompileCompletionAsync(), backend.lost]);
    if (!backend.isLost()) webgl.getUniformLocations();
  });
}
