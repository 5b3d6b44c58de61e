/** Signals that the audio tests draw or name. */

import fc from 'fast-check';

/** Finite samples within full scale. */
export const samples = ({ minLength = 1, maxLength = 3000 } = {}): fc.Arbitrary<Float32Array> =>
  fc.float32Array({ minLength, maxLength, min: -1, max: 1, noNaN: true, noDefaultInfinity: true });

/** Noise that is the same every time [length]. */
export function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A sine [length] of amplitude 1. */
export function sine(length: number, hz: number, sampleRate: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => Math.sin((2 * Math.PI * hz * at) / sampleRate));
}

/** Pushes a signal in chunks of the given lengths, again and again. */
export function inChunks(signal: Float32Array, lengths: readonly number[], push: (chunk: Float32Array) => void): void {
  for (let at = 0, turn = 0; at < signal.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    push(signal.subarray(at, at + length));
    at += length;
  }
}
