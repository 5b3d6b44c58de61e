/** Short loops, which count their beats over their end: when a recording is taken for one, and what then is known of its tempo. */

import { RhythmAnalysis } from './analysis.js';
import { candidatePlaces } from './candidates.js';
import { RHYTHM, tempoAt } from './rhythm.js';

/** Whether a short recording lasts whole bars of four or three beats of one of its most salient tempi: chance makes one in seven do so. */
export function isLoop(analysis: RhythmAnalysis, seconds: number): boolean {
  if (seconds >= RHYTHM.loopSeconds || !analysis.hasBeat) return false;
  const places = candidatePlaces(analysis.salience).slice(0, RHYTHM.loopHeard);
  return places.some((place) => {
    const beats = (analysis.refine(tempoAt(place)) * seconds) / 60;
    return RHYTHM.loopBars.some(
      (bar, at) => beats >= bar - 0.5 && Math.abs(beats - bar * roundHalfEven(beats / bar)) <= RHYTHM.loopBeats[at]!,
    );
  });
}

/** The samples as often as fill the time in which a tempo is told. */
export function repeated(samples: Float32Array): Float32Array {
  const times = Math.ceil((RHYTHM.loopFilled * RHYTHM.sampleRate) / samples.length);
  const tiled = new Float32Array(times * samples.length);
  for (let at = 0; at < times; at++) tiled.set(samples, at * samples.length);
  return tiled;
}

/** The tempo near `bpm` at which a loop lasts whole beats; `bpm` itself where none is near. */
export function wholeBeats(bpm: number, seconds: number): number {
  const beats = (bpm * seconds) / 60;
  const whole = roundHalfEven(beats);
  return Math.abs(beats - whole) <= 0.02 * beats ? (60 * whole) / seconds : bpm;
}

/** Python's rounding: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const lower = Math.floor(value);
  if (value - lower !== 0.5) return Math.round(value);
  return lower % 2 === 0 ? lower : lower + 1;
}
