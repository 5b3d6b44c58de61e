/** What becomes of the powers of windows: loudness in LUFS, the gated average of BS.1770-4, the range of EBU Tech 3342. */

/** Loudness that full scale in both channels at 1 kHz is calibrated by, in dB. */
const OFFSET = -0.691;
/** Windows below it count as silence, in LUFS. */
const ABSOLUTE_GATE = -70;
/** Windows so far below the average of the audible ones are left out, in LU. */
const INTEGRATED_GATE = -10;
const RANGE_GATE = -20;
/** Share of short-term windows below the range's ends. */
const RANGE_SHARES = [0.1, 0.95] as const;

/** Loudness in LUFS of a K-weighted power, summed over channels; -Infinity for 0. */
export function lufs(power: number): number {
  return OFFSET + 10 * Math.log10(power);
}

/**
 * Integrated loudness in LUFS.
 *
 * @param powers - K-weighted power of each 400 ms window, 100 ms apart.
 * @returns null where no window is above -70 LUFS.
 */
export function integratedLoudness(powers: Float64Array): number | null {
  const audible = gated(powers, INTEGRATED_GATE);
  return audible.length === 0 ? null : lufs(mean(audible));
}

/**
 * Loudness range in LU: from the 10th to the 95th percentile of short-term loudness.
 *
 * @param powers - K-weighted power of each 3 s window, 100 ms apart.
 * @returns null where no window is above -70 LUFS.
 */
export function loudnessRange(powers: Float64Array): number | null {
  const audible = gated(powers, RANGE_GATE).sort();
  if (audible.length === 0) return null;
  const [low, high] = RANGE_SHARES.map((share) => audible[Math.round(share * (audible.length - 1))]!);
  return lufs(high!) - lufs(low!);
}

/** Powers above the absolute gate, and then above the gate that lies `relative` LU from their average. */
function gated(powers: Float64Array, relative: number): Float64Array {
  const audible = powers.filter((power) => lufs(power) > ABSOLUTE_GATE);
  if (audible.length === 0) return audible;
  const gate = lufs(mean(audible)) + relative;
  return audible.filter((power) => lufs(power) > gate);
}

function mean(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
