import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { hann, Stft, type StftOptions } from '../../src/audio/stft.js';
import { InputError } from '../../src/errors.js';
import { inChunks, noise, samples, sine } from './signals.js';

const spectra = (signal: Float32Array, options: StftOptions, frames?: number[]): Float32Array[] => {
  const seen: Float32Array[] = [];
  new Stft(options).visit(signal, (power) => void seen.push(power.slice()), frames);
  return seen;
};
const streamed = (signal: Float32Array, options: StftOptions, chunks: readonly number[]): Float32Array[] => {
  const seen: Float32Array[] = [];
  const sink = new Stft(options).stream((power) => void seen.push(power.slice()));
  inChunks(signal, chunks, (chunk) => sink.push(chunk));
  sink.end();
  return seen;
};

describe('Stft', () => {
  it('keeps the energy of each windowed frame (Parseval)', () => {
    const [nFft, hop] = [64, 16];
    const signal = noise(500);
    spectra(signal, { nFft, hop }).forEach((power, frame) => {
      const window = hann(nFft);
      const inTime = window.reduce((sum, weight, at) => sum + (weight * (signal[frame * hop - nFft / 2 + at] ?? 0)) ** 2, 0);
      const inFrequency = power.reduce((sum, value, bin) => sum + value * (bin === 0 || bin === nFft / 2 ? 1 : 2), 0) / nFft;
      expect(inFrequency).toBeCloseTo(inTime, 5);
    });
  });

  it('squares a factor of the signal', () => {
    fc.assert(
      fc.property(samples(), (signal) => {
        const louder = spectra(
          signal.map((value) => value * 4),
          { nFft: 128 },
        );
        spectra(signal, { nFft: 128 }).forEach((power, frame) =>
          power.forEach((value, bin) => expect(louder[frame]![bin]).toBeCloseTo(16 * value, 4)),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('finds a sine where it is', () => {
    const [, power] = spectra(sine(4096, 1000, 16_000), { nFft: 1024, hop: 2048 });
    expect(power!.indexOf(Math.max(...power!))).toBe(64);
  });

  it('is the same in chunks as at once, whatever the lengths', () => {
    const options = fc.record({ nFft: fc.constantFrom(4, 16, 64), hop: fc.integer({ min: 1, max: 200 }) });
    fc.assert(
      fc.property(
        samples({ maxLength: 700 }),
        options,
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (signal, plan, chunks) => {
          expect(streamed(signal, plan, chunks)).toEqual(spectra(signal, plan));
        },
      ),
    );
  });

  it('computes the frames that are asked for and no others', () => {
    const all = spectra(noise(9000), {});
    expect(spectra(noise(9000), {}, [16, 3, 3])).toEqual([all[16], all[3], all[3]]);
    expect(() => spectra(noise(9000), {}, [18])).toThrow('expected frames 0 to 17, got 18');
  });

  it('has one frame for the shortest signal', () => expect(spectra(noise(10), {})).toHaveLength(1));

  it.each([
    [() => spectra(new Float32Array(0), {}), 'at least one sample'],
    [() => streamed(new Float32Array(0), {}, [1]), 'at least one sample'],
    [() => spectra(Float32Array.of(0, NaN), {}), 'got NaN at sample 1'],
    [() => streamed(Float32Array.of(0, Infinity), {}, [2]), 'got Infinity at sample 1'],
    [() => new Stft({ nFft: 1000 }), 'power of two from 4 on, got 1000'],
    [() => new Stft({ hop: 0.5 }), 'hop expects a positive number of samples, got 0.5'],
  ])('refuses what it can not transform (%#)', (attempt, message) => {
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });
});
