/** The webgl backend: packed float32 textures wherever the device renders them. */

import '@tensorflow/tfjs-backend-webgl/dist/flags_webgl.js';

import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import { env, type KernelBackend } from '@tensorflow/tfjs-core';

import type { BackendOptions } from '../backends.js';

export { kernels } from '../generated/kernels_webgl.js';

/** Makes the backend; flags are set first because tfjs reads them when the context is made. */
export function create({ allowSoftwareWebGL = false }: BackendOptions): KernelBackend {
  env().set('SOFTWARE_WEBGL_ENABLED', allowSoftwareWebGL);
  // tfjs remembers the answer of an earlier try, which may have been made with the other setting.
  for (const flag of ['WEBGL_VERSION', 'HAS_WEBGL']) delete env().getFlags()[flag];
  if (!env().getBool('HAS_WEBGL')) {
    throw new Error(
      allowSoftwareWebGL ? 'the browser gives no WebGL context' : 'the browser gives no WebGL context with hardware behind it (allowSoftwareWebGL accepts software)',
    );
  }
  env().set('WEBGL_FORCE_F16_TEXTURES', false);
  env().set('WEBGL_PACK', true);
  return new MathBackendWebGL();
}
