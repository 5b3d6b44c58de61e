import { describe, expect, it } from 'vitest';

import { estimateTempo } from '../src/audio/index.js';
import { InputError } from '../src/errors.js';
import { tempo } from '../src/models/tempo.js';
import { fakeModel } from './fake.js';

const RATE = 22_050;

/** Decaying tones at the given times. */
function clicks(times: readonly number[], seconds: number, rate = RATE): { samples: Float32Array; sampleRate: number } {
  const samples = new Float32Array(Math.round(seconds * rate));
  for (const time of times) {
    const start = Math.round(time * rate);
    for (let at = 0; at < 0.03 * rate && start + at < samples.length; at++) {
      samples[start + at]! += 0.6 * Math.sin((2 * Math.PI * 1000 * at) / rate) * Math.exp(-at / (0.006 * rate));
    }
  }
  return { samples, sampleRate: rate };
}

function evenly(bpm: number, seconds: number, offset = 0.2): number[] {
  return Array.from({ length: Math.floor(((seconds - offset) * bpm) / 60) }, (_, at) => offset + (at * 60) / bpm);
}

describe('tempo without a model', () => {
  it.each([72, 97.3, 120, 133.7, 150])('tells %f BPM of clicks to a tenth, within a range of an octave', (bpm) => {
    const found = estimateTempo(clicks(evenly(bpm, 16), 16), { range: [bpm * 0.75, bpm * 1.4] });
    expect(Math.abs(found.bpm! - bpm)).toBeLessThan(0.1);
    expect(found.confidence).toBeGreaterThan(0.3);
  });

  it('lays beats on the clicks, and keeps the curve level', () => {
    const times = evenly(110, 20);
    const { beats, curve } = estimateTempo(clicks(times, 20));
    const errors = times.map((time) => Math.min(...beats.map((beat) => Math.abs(beat - time))));
    expect(Math.max(...errors)).toBeLessThan(0.03);
    expect(beats.length).toBe(times.length);
    expect(curve.every(({ bpm }) => Math.abs(bpm - 110) < 1.5)).toBe(true);
  });

  it('follows a change of tempo', () => {
    const first = evenly(100, 15);
    const second = evenly(130, 15).map((time) => time + 15);
    const { curve } = estimateTempo(clicks([...first, ...second], 30), { range: [80, 155] });
    const mean = (from: number, to: number): number => {
      const moments = curve.filter(({ time }) => time > from && time < to);
      return moments.reduce((sum, { bpm }) => sum + bpm, 0) / moments.length;
    };
    expect(Math.abs(mean(3, 11) - 100)).toBeLessThan(1.5);
    expect(Math.abs(mean(19, 27) - 130)).toBeLessThan(1.5);
  });

  it('takes a short loop for what it is', () => {
    const seconds = (8 * 60) / 127;
    const { bpm } = estimateTempo(clicks(evenly(127, seconds, 0), seconds), { range: [90, 180], loop: true });
    expect(Math.abs(bpm! - 127)).toBeLessThan(0.1);
  });

  it('finds no beat in silence, in a tone, and in what is too short', () => {
    const silence = { samples: new Float32Array(RATE * 5), sampleRate: RATE };
    const tone = { samples: Float32Array.from({ length: RATE * 8 }, (_, at) => 0.3 * Math.sin((2 * Math.PI * 220 * at) / RATE)), sampleRate: RATE };
    for (const audio of [silence, tone, clicks([0.1, 0.6], 1)]) {
      expect(estimateTempo(audio)).toEqual({ bpm: null, confidence: 0, candidates: [], beats: [], curve: [] });
    }
  });

  it('is not sure of noise', () => {
    let state = 1;
    const noise = Float32Array.from({ length: RATE * 12 }, () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5) * 0.2);
    expect(estimateTempo({ samples: noise, sampleRate: RATE }).confidence).toBeLessThan(0.1);
  });

  it('refuses a range that is none', () => {
    const audio = clicks(evenly(120, 4), 4);
    for (const range of [[140, 90], [0, 100], [100], [60, 900]] as unknown as [number, number][]) {
      expect(() => estimateTempo(audio, { range })).toThrow(InputError);
    }
  });
});

describe('tempo', () => {
  const manifest = { inputs: [{ name: 'candidates', shape: [16, 149] }] };
  const chosen: number[][] = [];
  const last = tempo(
    fakeModel('tempo', manifest, ({ present }) => {
      chosen.push(Array.from(present!.data));
      const count = Array.from(present!.data).filter((value) => value === 1).length;
      return { probability: { shape: [1, 16], data: Float32Array.from({ length: 16 }, (_, at) => (at === count - 1 ? 0.9 : 0.1 / 15)) } };
    }),
  );

  it('answers the candidate that the network chooses, refined, the others after it', async () => {
    const { candidates, bpm } = await last.estimate(clicks(evenly(90, 14), 14));
    expect(candidates[0]!.bpm).toBe(bpm);
    expect(candidates[0]!.probability).toBeCloseTo(0.9, 6);
    expect(candidates.length).toBe(chosen[0]!.filter((value) => value === 1).length);
  });

  it('runs no graph for silence, and refuses features of another width', async () => {
    const runs = chosen.length;
    expect((await last.analyses.tempo({ samples: new Float32Array(RATE * 3), sampleRate: RATE })).bpm).toBeNull();
    expect(chosen.length).toBe(runs);
    expect(() => last.encode(new Float32Array(67))).toThrow('tempo: features expects a Float32Array of 1 to 16 rows of 149 finite values, got 67 values');
  });
});
