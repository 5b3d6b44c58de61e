/**
 * K-weighting of ITU-R BS.1770-4, Annex 1: a shelf for the head and a high-pass. The standard tabulates coefficients at 48 kHz only; these are
 * the analog filters behind the table (B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", 2018), taken to
 * each rate by the bilinear transform, so that at 48 kHz the table comes out.
 */

import type { Biquad } from '../dsp/biquad.js';

const SHELF = { frequency: 1681.974450955533, gainDb: 3.999843853973347, q: 0.7071752369554196, tilt: 0.4996667741545416 };
const HIGH_PASS = { frequency: 38.13547087602444, q: 0.5003270373238773 };

/** The two filters of the K-weighting at a sampling rate in Hz. */
export function kWeighting(sampleRate: number): Biquad[] {
  return [shelf(sampleRate), highPass(sampleRate)];
}

function shelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * SHELF.frequency) / sampleRate);
  const high = 10 ** (SHELF.gainDb / 20);
  const band = high ** SHELF.tilt;
  const a0 = 1 + k / SHELF.q + k * k;
  return {
    b0: (high + (band * k) / SHELF.q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / SHELF.q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / SHELF.q + k * k) / a0,
  };
}

/** Its numerator stays 1, -2, 1 at every rate, as in the table. */
function highPass(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * HIGH_PASS.frequency) / sampleRate);
  const a0 = 1 + k / HIGH_PASS.q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / HIGH_PASS.q + k * k) / a0 };
}
