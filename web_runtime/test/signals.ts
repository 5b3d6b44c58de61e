/** Signals that the audio tests share. */

/** A sine of a peak level in dBFS; phase in degrees. */
export function sine({
  frequency,
  peakDb,
  seconds,
  sampleRate = 48_000,
  phase = 0,
}: {
  readonly frequency: number;
  readonly peakDb: number;
  readonly seconds: number;
  readonly sampleRate?: number;
  readonly phase?: number;
}): Float32Array<ArrayBuffer> {
  const amplitude = 10 ** (peakDb / 20);
  const radians = (phase * Math.PI) / 180;
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate + radians));
}

/** White noise in [-amplitude, amplitude), the same for the same seed. */
export function noise(length: number, amplitude: number, seed = 1): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return amplitude * (state / 2 ** 31 - 1);
  });
}
