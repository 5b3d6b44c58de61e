/** Amplitudes and decibels. */

/** Decibels of an amplitude ratio; -Infinity for 0. */
export function toDb(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}

/** Amplitude ratio of decibels. */
export function fromDb(decibels: number): number {
  return 10 ** (decibels / 20);
}
