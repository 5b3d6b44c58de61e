import { describe, expect, it } from 'vitest';

import { chromagram, estimateTuning } from '../../src/audio/chroma.js';
import { type Frames, frameOf } from '../../src/audio/frames.js';
import { noise, sine } from './signals.js';

const sampleRate = 22_050;
/** Tones so many semitones above A5, high enough for a frame to tell semitones apart, and tuned so many above A = 440 Hz. */
function chord(pitches: readonly number[], tuning = 0): Float32Array {
  const tones = pitches.map((pitch) => sine(30_000, 880 * 2 ** ((pitch + tuning) / 12), sampleRate));
  return tones.reduce((sum, tone) => sum.map((value, at) => value + tone[at]!));
}
const strongest = (chroma: Frames): number[] => {
  const middle = frameOf(chroma, chroma.count >> 1);
  return Array.from(middle.keys()).sort((one, other) => middle[other]! - middle[one]!);
};

describe('tuning', () => {
  it.each([-0.4, -0.13, 0, 0.2, 0.41])('of a chord %d semitones off is found to 0.05', (tuning) => {
    expect(Math.abs(estimateTuning(chord([0, 4, 7, 12], tuning), sampleRate) - tuning)).toBeLessThan(0.05);
  });

  it('of silence is 0', () => expect(estimateTuning(new Float32Array(5000), sampleRate)).toBe(0));
});

describe('chromagram', () => {
  it.each([0, 0.35])('of a C major chord %d semitones off has C, E and G', (tuning) => {
    const chroma = chromagram(chord([3, 7, 10], tuning), sampleRate);
    expect(
      strongest(chroma)
        .slice(0, 3)
        .sort((one, other) => one - other),
    ).toEqual([0, 4, 7]);
  });

  it('turns with the pitch', () => {
    const [low, high] = [chromagram(chord([0, 3]), sampleRate, { tuning: 0 }), chromagram(chord([2, 5]), sampleRate, { tuning: 0 })];
    const [before, after] = [frameOf(low, 20), frameOf(high, 20)];
    before.forEach((value, at) => expect(after[(at + 2) % 12]).toBeCloseTo(value, 1));
  });

  it('does not hear how loud a signal is', () => {
    const signal = noise(9000);
    const [loud, soft] = [signal, signal.map((value) => value / 64)].map((samples) => chromagram(samples, sampleRate));
    loud!.values.forEach((value, at) => expect(soft!.values[at]).toBeCloseTo(value, 5));
  });

  it('is 0 in silence and at most 1 elsewhere, the largest class being 1', () => {
    expect(Math.max(...chromagram(new Float32Array(5000), sampleRate).values)).toBe(0);
    const chroma = chromagram(noise(9000), sampleRate);
    for (let frame = 0; frame < chroma.count; frame++) expect(Math.max(...frameOf(chroma, frame))).toBe(1);
  });
});
