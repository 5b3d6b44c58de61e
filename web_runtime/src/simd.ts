/** WebAssembly SIMD modules of our own (assembly/): compiled on the spot, each with its own memory. */

const PAGE = 65_536;

/** Below it lies a module's own static data. */
export const FIRST_BYTE = 1024;

const compiled = new Map<string, WebAssembly.Module | null>();

/** The module in base64, compiled once; null where there is no WebAssembly SIMD or the page's policy forbids WebAssembly. */
export function compileSimd(base64: string): WebAssembly.Module | null {
  const known = compiled.get(base64);
  if (known !== undefined) return known;
  const module = compileNow(base64);
  compiled.set(base64, module);
  return module;
}

function compileNow(base64: string): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** Grows a memory until it reaches to `end`, in bytes. */
export function reserve(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
