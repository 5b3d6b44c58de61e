/** The audio blocks: curves and bounds that they promise, and chunks that must not matter. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toDb } from '../src/dsp/decibels.js';
import { BiquadCascade, type BiquadKind, designBiquad, gainDbAt } from '../src/dsp/biquad.js';
import { Compressor, type CompressorSettings, MultibandCompressor, reductionDb } from '../src/dsp/compressor.js';
import { Crossover } from '../src/dsp/crossover.js';
import { designAll, fitEqualizer } from '../src/dsp/equalizer.js';
import { Limiter } from '../src/dsp/limiter.js';
import { PeakInterpolator, peakTaps } from '../src/dsp/oversampling.js';
import { peaksLoop, startPeaks } from '../src/dsp/peaks.js';
import type { Processor } from '../src/dsp/processor.js';
import { encodeWav, samplesOf } from '../src/dsp/wav.js';
import { StereoWidth } from '../src/dsp/width.js';
import { measureLoudness } from '../src/loudness/measure.js';
import { noise, sine } from './signals.js';

const RATE = 48_000;
const GENTLE: CompressorSettings = { thresholdDb: -24, ratio: 3, kneeDb: 6, attackMs: 10, releaseMs: 100, rangeDb: 12, makeupDb: 0 };
const LIMIT = { gainDb: 12, ceilingDb: -1, lookAheadMs: 4, releaseMs: 80 };

const blocks: Record<string, () => Processor> = {
  biquads: () => new BiquadCascade([designBiquad({ kind: 'peaking', frequency: 900, gainDb: 5, q: 1 }, RATE)], 2),
  compressor: () => new Compressor(GENTLE, RATE, 2),
  'multiband compressor': () => new MultibandCompressor([150, 3000], [GENTLE, GENTLE, GENTLE], RATE, 2),
  width: () => new StereoWidth({ width: 1.3, monoBelow: 120 }, RATE, 2),
  limiter: () => new Limiter(LIMIT, RATE, 2),
};

function copy(channels: readonly Float32Array[]): Float32Array<ArrayBuffer>[] {
  return channels.map((samples) => Float32Array.from(samples));
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((total, value) => total + value * value, 0) / samples.length);
}

describe.each(Object.entries(blocks))('%s', (_, make) => {
  const input = [noise(6000, 0.7, 1), noise(6000, 0.4, 2)];

  it('gives the same audio however it is cut, and again after a reset', () => {
    const whole = copy(input);
    make().process(whole);
    const block = make();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2500 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        block.reset();
        const parts = copy(input);
        for (let start = 0, at = 0; start < 6000; at++) {
          const end = start + lengths[at % lengths.length]!;
          block.process(parts.map((samples) => samples.subarray(start, end)));
          start = end;
        }
        parts.forEach((samples, channel) => expect(samples).toEqual(whole[channel]));
      }),
      { numRuns: 10 },
    );
  });
});

describe('biquads', () => {
  it.each<[BiquadKind, number, number]>([
    ['lowPass', 1000, -3.01],
    ['highPass', 1000, -3.01],
    ['allPass', 1000, 0],
    ['peaking', 1000, 6],
    ['lowShelf', 1000, 3],
    ['highShelf', 1000, 3],
  ])('a %s at %i Hz has %f dB there', (kind, frequency, expected) => {
    expect(gainDbAt([designBiquad({ kind, frequency, gainDb: 6 }, RATE)], frequency, RATE)).toBeCloseTo(expected, 2);
  });

  it('the response says what the filter does to a sine', () => {
    const filter = designBiquad({ kind: 'highShelf', frequency: 2000, gainDb: -7 }, RATE);
    const tone = sine({ frequency: 3000, peakDb: -6, seconds: 0.5 });
    const before = rms(tone.subarray(12_000));
    new BiquadCascade([filter], 1).process([tone]);
    expect(toDb(rms(tone.subarray(12_000)) / before)).toBeCloseTo(gainDbAt([filter], 3000, RATE), 4);
  });
});

describe('fitEqualizer', () => {
  it.each([1, 3])('follows a smooth curve with %i bands per octave to a decibel and never leaves the bound', (bandsPerOctave) => {
    const frequencies = Array.from({ length: 25 }, (_, third) => 50 * 2 ** (third / 3));
    const gainsDb = frequencies.map((frequency) => 3 * Math.sin(Math.log2(frequency / 100)));
    const filters = designAll(fitEqualizer({ frequencies, gainsDb }, RATE, 6, bandsPerOctave), RATE);
    frequencies.forEach((frequency, index) => expect(Math.abs(gainDbAt(filters, frequency, RATE) - gainsDb[index]!)).toBeLessThan(1));
    const wild = designAll(fitEqualizer({ frequencies, gainsDb: gainsDb.map((gain) => 20 * gain) }, RATE, 6, bandsPerOctave), RATE);
    for (const frequency of frequencies) expect(Math.abs(gainDbAt(wild, frequency, RATE))).toBeLessThanOrEqual(6.001);
  });
});

describe('Crossover', () => {
  it.each([20, 100, 150, 1000, 3000, 9000])('bands add up to the input at %i Hz', (frequency) => {
    const tone = sine({ frequency, peakDb: -6, seconds: 1 });
    const bands = new Crossover([150, 3000], RATE, 1).split([tone]);
    const sum = tone.map((_, i) => bands.reduce((total, band) => total + band[0]![i]!, 0));
    expect(toDb(rms(sum.subarray(RATE / 2)) / rms(tone.subarray(RATE / 2)))).toBeCloseTo(0, 2);
  });
});

describe('Compressor', () => {
  it('settles at what its curve asks for', () => {
    for (const level of [-40, -26, -24, -22, -12, -3]) {
      const tone = sine({ frequency: 1000, peakDb: level + 3.01, seconds: 1 });
      const before = rms(tone.subarray(RATE / 2));
      new Compressor(GENTLE, RATE, 1).process([tone]);
      expect(toDb(before / rms(tone.subarray(RATE / 2)))).toBeCloseTo(reductionDb(level, GENTLE), 1);
    }
  });

  it('never reduces by more than its range, and the curve is continuous', () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 20, noNaN: true }), (level) => {
        const reduction = reductionDb(level, GENTLE);
        expect(reduction).toBeGreaterThanOrEqual(0);
        expect(reduction).toBeLessThanOrEqual(GENTLE.rangeDb);
        expect(Math.abs(reductionDb(level + 1e-6, GENTLE) - reduction)).toBeLessThan(1e-5);
      }),
    );
  });
});

describe('StereoWidth', () => {
  it('leaves the mono mix, makes the bass mono and scales the side above it', () => {
    const [low, high] = [sine({ frequency: 30, peakDb: -12, seconds: 1 }), sine({ frequency: 4000, peakDb: -12, seconds: 1 })];
    const left = low.map((value, i) => value + high[i]!);
    const right = left.map((value) => -value / 2);
    const wide = copy([left, right]);
    new StereoWidth({ width: 1.5, monoBelow: 120 }, RATE, 2).process(wide);
    left.forEach((value, i) => expect(wide[0]![i]! + wide[1]![i]!).toBeCloseTo(value + right[i]!, 6));
    const side = wide[0]!.map((value, i) => (value - wide[1]![i]!) / 2).subarray(RATE / 2);
    const highSide = high.map((value) => 1.125 * value).subarray(RATE / 2);
    expect(toDb(rms(side) / rms(highSide))).toBeCloseTo(0, 1);
  });
});

describe('Limiter', () => {
  it('holds the true peak of anything, and leaves alone what lies below the ceiling', () => {
    const shapes = [
      noise(RATE, 1, 3),
      sine({ frequency: 12_000, peakDb: 0, seconds: 1, phase: 45 }),
      sine({ frequency: 55, peakDb: 0, seconds: 1 }),
      Float32Array.from({ length: RATE }, (_, i) => (i % 4801 === 0 ? 1 : 0)),
      Float32Array.from({ length: RATE }, (_, i) => Math.sign(Math.sin(i / 50))),
    ];
    for (const shape of shapes) {
      const limiter = new Limiter(LIMIT, RATE, 1);
      const limited = new Float32Array(RATE + limiter.latency);
      limited.set(shape);
      limiter.process([limited]);
      expect(measureLoudness({ channels: [limited], sampleRate: RATE }).truePeak).toBeLessThan(LIMIT.ceilingDb + 0.15);
      expect(limiter.reduction.largest).toBeGreaterThan(5);
    }
    const quiet = noise(RATE, 0.1, 4);
    const passed = Float32Array.from(quiet);
    const limiter = new Limiter({ ...LIMIT, gainDb: 0 }, RATE, 1);
    limiter.process([passed]);
    expect(passed.subarray(limiter.latency)).toEqual(quiet.subarray(0, RATE - limiter.latency));
    expect(limiter.reduction.largest).toBe(0);
  });
});

describe('PeakInterpolator', () => {
  it('rebuilds a band-limited signal between its samples', () => {
    const tone = sine({ frequency: RATE / 5, peakDb: 0, seconds: 0.1, phase: 20 });
    const peaks = new Float32Array(tone.length);
    new PeakInterpolator(8).process(tone, 0, peaks);
    expect(Math.max(...peaks.subarray(100, 4000))).toBeCloseTo(1, 2);
  });

  it.each([2, 4, 8])('finds the same peaks with and without WebAssembly, at %i times the rate', (factor) => {
    const taps = peakTaps(factor);
    const [count, line] = [9001, noise(9001 + 2 * taps.half, 0.9, 7)];
    const [simd, loop] = [startPeaks(taps), peaksLoop(taps)].map((find) => {
      const peaks = new Float32Array(count);
      find(line, count, 0, peaks);
      return peaks;
    });
    simd!.forEach((peak, i) => expect(Math.abs(peak - loop![i]!)).toBeLessThan(1e-6));
  });
});

describe('encodeWav', () => {
  const audio = { channels: [noise(1001, 0.9, 5), noise(1001, 0.9, 6)], sampleRate: 44_100 };

  it.each([
    [16, 1.6 / 2 ** 15],
    [24, 0.6 / 2 ** 23],
    [32, 0],
  ] as const)('keeps the samples at %i bits', (bitDepth, tolerance) => {
    const back = samplesOf(encodeWav(audio, { bitDepth }));
    expect(back.sampleRate).toBe(44_100);
    back.channels.forEach((samples, channel) =>
      samples.forEach((value, i) => expect(Math.abs(value - audio.channels[channel]![i]!)).toBeLessThanOrEqual(tolerance)),
    );
  });

  it('dithers alike every time, without bias, and clips instead of wrapping', () => {
    expect(encodeWav(audio)).toEqual(encodeWav(audio));
    const faint = new Float32Array(100_000).fill(0.3 / 2 ** 15);
    const [dithered] = samplesOf(encodeWav({ channels: [faint], sampleRate: 44_100 })).channels;
    expect(dithered!.reduce((total, value) => total + value, 0) / 1e5 / faint[0]!).toBeCloseTo(1, 1);
    const [hot] = samplesOf(encodeWav({ channels: [Float32Array.of(1.5, -1.5)], sampleRate: 44_100 })).channels;
    expect(Array.from(hot!)).toEqual([1 - 2 ** -15, -1]);
  });

  it('refuses another bit depth', () => {
    expect(() => encodeWav(audio, { bitDepth: 8 as 16 })).toThrow('expects a bit depth of 16, 24 or 32, got 8');
  });
});
