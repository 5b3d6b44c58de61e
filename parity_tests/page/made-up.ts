/** Signals to time code with. */

const signals = new Map<string, Float32Array>();

/** Noise with a beat, made once: what it holds changes nothing in how long it takes. */
export function signal(seconds: number, sampleRate: number): Float32Array {
  const name = `${seconds} s at ${sampleRate} Hz`;
  const loudness = (at: number): number => (at % (sampleRate / 2) < 2000 ? 1 : 0.1);
  const made = signals.get(name) ?? Float32Array.from({ length: seconds * sampleRate }, (_, at) => (Math.random() - 0.5) * loudness(at));
  signals.set(name, made);
  return made;
}
