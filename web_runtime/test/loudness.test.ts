/** Loudness: signals whose answer the standards state, audio too short or too quiet for one, and chunks that must not matter. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { measureLoudness } from '../src/loudness/measure.js';
import { LoudnessMeter } from '../src/loudness/meter.js';
import { kWeighting } from '../src/loudness/weighting.js';
import { sine } from './signals.js';

describe('measureLoudness', () => {
  it.each([44_100, 48_000, 96_000, 22_050])('reads -23 LUFS of a stereo sine at -23 dBFS, 1 kHz, at %i Hz', (sampleRate) => {
    const tone = sine({ frequency: 1000, peakDb: -23, seconds: 5, sampleRate });
    const { status, integrated, momentaryMax, shortTermMax, range } = measureLoudness({ channels: [tone, tone], sampleRate });
    expect(status).toBe('measured');
    for (const value of [integrated, momentaryMax, shortTermMax]) expect(value).toBeCloseTo(-23, 1);
    expect(range).toBeCloseTo(0, 2);
  });

  it('reads a mono file 3 LU below the same sound in both channels', () => {
    const tone = sine({ frequency: 1000, peakDb: -20, seconds: 2 });
    const one = measureLoudness({ channels: [tone], sampleRate: 48_000 }).integrated!;
    const two = measureLoudness({ channels: [tone, tone], sampleRate: 48_000 }).integrated!;
    expect(two - one).toBeCloseTo(3.01, 2);
  });

  // EBU Tech 3341, tests 15 to 19: sines between whose samples the peak lies; tolerance +0.2, -0.4 dB.
  it.each([
    { divisor: 4, phase: 0, peak: -6 },
    { divisor: 4, phase: 45, peak: -6 },
    { divisor: 6, phase: 60, peak: -6 },
    { divisor: 8, phase: 67.5, peak: -6 },
    { divisor: 4, phase: 45, peak: 3 },
  ])('finds the true peak of $peak dBTP of a sine at a $divisor-th of the rate, phase $phase', ({ divisor, phase, peak }) => {
    for (const sampleRate of [44_100, 48_000, 96_000]) {
      const tone = sine({ frequency: sampleRate / divisor, peakDb: peak, seconds: 1, sampleRate, phase });
      // The test signals fade in and out.
      tone.forEach((value, index) => (tone[index] = value * Math.min(1, index / 500, (tone.length - index) / 500)));
      const { truePeak } = measureLoudness({ channels: [tone], sampleRate });
      expect(truePeak! - peak).toBeGreaterThan(-0.4);
      expect(truePeak! - peak).toBeLessThan(0.2);
    }
  });

  it('says so of silence, of a single sample and of less than a gate block', () => {
    const silence = measureLoudness({ channels: [new Float32Array(48_000)], sampleRate: 48_000 });
    expect(silence).toMatchObject({ status: 'silent', integrated: null, momentaryMax: null, range: null, truePeak: null, samplePeak: null });
    const sample = measureLoudness({ channels: [Float32Array.of(0.5)], sampleRate: 48_000 });
    expect(sample).toMatchObject({ status: 'short', integrated: null, duration: 1 / 48_000 });
    expect(sample.samplePeak).toBeCloseTo(-6.02, 2);
    const brief = measureLoudness({ channels: [sine({ frequency: 1000, peakDb: -20, seconds: 0.399 })], sampleRate: 48_000 });
    expect(brief).toMatchObject({ status: 'short', integrated: null });
    const enough = measureLoudness({ channels: [sine({ frequency: 1000, peakDb: -20, seconds: 0.4 })], sampleRate: 48_000 });
    expect(enough).toMatchObject({ status: 'measured', shortTermMax: null, range: null });
    expect(measureLoudness({ channels: [new Float32Array(0)], sampleRate: 48_000 })).toMatchObject({ status: 'short', truePeak: null });
  });

  it('refuses what is no audio, by name', () => {
    const channel = new Float32Array(8);
    expect(() => measureLoudness({ channels: [channel, channel, channel], sampleRate: 48_000 })).toThrow('measureLoudness expects mono or stereo, got 3 channels');
    expect(() => measureLoudness({ channels: [channel], sampleRate: 2000 })).toThrow('sampling rate of 8000 to 192000 Hz, got 2000');
    expect(() => measureLoudness({ channels: [Float32Array.of(0, Number.NaN)], sampleRate: 48_000 })).toThrow('got NaN at sample 1');
  });
});

describe('LoudnessMeter', () => {
  it('gives the same answer however the audio is cut', () => {
    const noise = Float32Array.from({ length: 30_000 }, (_, i) => Math.sin(i * i * 0.001) * (i % 7000 < 3500 ? 0.9 : 0.02));
    const whole = new LoudnessMeter(16_000, 1);
    whole.push([noise]);
    const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        const meter = new LoudnessMeter(16_000, 1);
        for (let start = 0, part = 0; start < noise.length; start += lengths[part++ % lengths.length]!) {
          meter.push([noise.subarray(start, start + lengths[part % lengths.length]!)]);
        }
        const [got, expected] = [meter.result(), whole.result()];
        expect(got.integrated).toBeCloseTo(expected.integrated!, 9);
        expect(got.truePeak).toBeCloseTo(expected.truePeak!, 9);
      }),
      { numRuns: 20 },
    );
  });

  it('can be read between chunks without changing what comes later', () => {
    const tone = sine({ frequency: 997, peakDb: -3, seconds: 2 });
    const [read, unread] = [new LoudnessMeter(48_000, 1), new LoudnessMeter(48_000, 1)];
    for (const start of [0, 31_234]) {
      read.push([tone.subarray(start, start + 31_234)]);
      read.result();
      unread.push([tone.subarray(start, start + 31_234)]);
    }
    expect(read.result()).toEqual(unread.result());
  });
});

describe('kWeighting', () => {
  it("gives the standard's table at 48 kHz", () => {
    const [shelf, highPass] = kWeighting(48_000);
    const table = { b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585 };
    for (const [name, value] of Object.entries(table)) expect(shelf![name as keyof typeof table]).toBeCloseTo(value, 8);
    expect(highPass!.a1).toBeCloseTo(-1.99004745483398, 8);
    expect(highPass!.a2).toBeCloseTo(0.99007225036621, 8);
  });
});
