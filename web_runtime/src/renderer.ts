/** Names what draws: a GPU, or a software renderer whose latencies mean nothing. */

/** Renderer string of a WebGL context, unmasked where the browser allows. */
export function rendererOf(gl: WebGLRenderingContext): string {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
}
