/** The webgl backend: packed float32 textures wherever the device renders them. */

import '@tensorflow/tfjs-backend-webgl/dist/flags_webgl.js';

import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import { env, type KernelBackend } from '@tensorflow/tfjs-core';

import type { BackendOptions } from '../backends.js';
import { rendererOf } from '../renderer.js';

export { kernels } from '../generated/kernels_webgl.js';

const REMEDY = '; the option allowSoftwareWebGL accepts software rendering';
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Makes the backend; flags are set first because tfjs reads them when the context is made. */
export function create({ allowSoftwareWebGL = false }: BackendOptions): KernelBackend {
  env().set('SOFTWARE_WEBGL_ENABLED', allowSoftwareWebGL);
  // tfjs remembers the answer of an earlier try, which may have been made with the other setting.
  for (const flag of ['WEBGL_VERSION', 'HAS_WEBGL']) delete env().getFlags()[flag];
  if (!env().getBool('HAS_WEBGL')) throw new Error(`the browser gives no WebGL context${allowSoftwareWebGL ? '' : REMEDY}`);
  env().set('WEBGL_FORCE_F16_TEXTURES', false);
  env().set('WEBGL_PACK', true);
  const webgl = new MathBackendWebGL();
  // Asking for a context without software rendering is only a wish: browsers whose blocklist is off grant software all the same.
  const renderer = rendererOf(webgl.gpgpu.gl);
  if (!allowSoftwareWebGL && SOFTWARE.test(renderer)) {
    webgl.dispose();
    throw new Error(`WebGL is rendered in software here (${renderer})${REMEDY}`);
  }
  return webgl;
}
