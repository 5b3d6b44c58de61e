import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { firLoop, startFir } from '../../src/audio/fir.js';
import { polyphase, resample, Resampler } from '../../src/audio/resample.js';
import { InputError } from '../../src/errors.js';
import { inChunks, noise, samples, sine } from './signals.js';

const rates = fc.constantFrom(8000, 16_000, 22_050, 32_000, 44_100, 48_000);
const middle = (values: Float32Array): Float32Array => values.subarray(1000, -1000);
const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('resample', () => {
  it('has the length that the rates say', () => {
    fc.assert(
      fc.property(samples({ maxLength: 2000 }), rates, rates, (signal, from, to) => {
        const { samples: out, sampleRate } = resample({ samples: signal, sampleRate: from }, to);
        expect([out.length, sampleRate]).toEqual([Math.ceil((signal.length * to) / from), to]);
      }),
      { numRuns: 40 },
    );
  });

  it('is the same in chunks as at once, whatever the lengths', () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 });
    fc.assert(
      fc.property(samples({ maxLength: 2000 }), rates, rates, chunks, (signal, from, to, lengths) => {
        fc.pre(from !== to);
        const resampler = new Resampler(from, to);
        const out: number[] = [];
        inChunks(signal, lengths, (chunk) => out.push(...resampler.push(chunk)));
        out.push(...resampler.end());
        expect(Float32Array.from(out)).toEqual(resample({ samples: signal, sampleRate: from }, to).samples);
      }),
      { numRuns: 40 },
    );
  });

  it('is linear', () => {
    const [one, other] = [noise(4000), sine(4000, 700, 44_100)];
    const of = (signal: Float32Array): Float32Array => resample({ samples: signal, sampleRate: 44_100 }, 22_050).samples;
    const [first, second] = [of(one), of(other)];
    of(one.map((value, at) => value - 2 * other[at]!)).forEach((value, at) => expect(value).toBeCloseTo(first[at]! - 2 * second[at]!, 5));
  });

  it.each([
    [44_100, 22_050, 9900],
    [48_000, 22_050, 9900],
    [8000, 22_050, 3600],
    [22_050, 16_000, 7000],
  ])('from %i to %i Hz keeps a tone of %i Hz to -95 dB', (from, to, hz) => {
    const { samples: out } = resample({ samples: sine(from, hz, from), sampleRate: from }, to);
    const expected = sine(to, hz, to);
    expect(largest(middle(out.map((value, at) => value - expected[at]!)))).toBeLessThan(10 ** (-95 / 20));
  });

  it('lets nothing above the new Nyquist frequency through', () => {
    const { samples: out } = resample({ samples: sine(44_100, 11_100, 44_100), sampleRate: 44_100 }, 22_050);
    expect(largest(middle(out))).toBeLessThan(10 ** (-95 / 20));
  });

  it('keeps the signal itself where there is nothing to do', () => {
    const audio = { samples: noise(10), sampleRate: 22_050 };
    expect(resample(audio, 22_050).samples).toBe(audio.samples);
  });

  it('has filters that sum to 1, whatever the phase', () => {
    const { up, row, taps } = polyphase(48_000, 22_050);
    for (let phase = 0; phase < up; phase++) {
      const sum = taps.subarray(phase * row, (phase + 1) * row).reduce((total, tap) => total + tap, 0);
      expect(sum).toBeCloseTo(1, 4);
    }
  });

  it('has the same bits with and without WebAssembly', () => {
    const filters = polyphase(48_000, 22_050);
    const signal = noise(20_000);
    const [simd, loop] = [startFir(filters), firLoop(filters)].map((fir) => {
      const out = new Float32Array(9000);
      fir(signal, 17, 5, out);
      return out;
    });
    expect(simd).toEqual(loop);
  });

  it.each([
    [44_100.5, 22_050, Float32Array.of(0), 'whole numbers of Hz, got 44100.5'],
    [44_100, 0, Float32Array.of(0), 'whole numbers of Hz, got 0'],
    [44_100, 22_050, Float32Array.of(0, NaN), 'got NaN at sample 1'],
  ])('refuses %s to %s', (from, to, signal, message) => {
    expect(() => resample({ samples: signal, sampleRate: from }, to)).toThrow(InputError);
    expect(() => resample({ samples: signal, sampleRate: from }, to)).toThrow(message);
  });
});
