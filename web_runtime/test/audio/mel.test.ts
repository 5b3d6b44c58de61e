import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { powerToDb, raiseFloor } from '../../src/audio/decibels.js';
import { delta } from '../../src/audio/delta.js';
import { type Frames, frameOf, GrowingFrames } from '../../src/audio/frames.js';
import { MelFilters, melSpectrogram } from '../../src/audio/mel.js';
import { mfcc } from '../../src/audio/mfcc.js';
import { Stft } from '../../src/audio/stft.js';
import { InputError } from '../../src/errors.js';
import { inChunks, noise, sine } from './signals.js';

const sampleRate = 22_050;
const frames = (size: number, values: readonly number[]): Frames => ({
  values: Float32Array.from(values),
  count: values.length / size,
  size,
});
const matrices = fc
  .integer({ min: 1, max: 20 })
  .chain((size) =>
    fc.array(fc.float({ min: -100, max: 50, noNaN: true }), { minLength: size, maxLength: size }).map((row) => frames(size, row)),
  );

describe('mel spectrogram', () => {
  it('is the same from a stream as at once, a long signal or its parts', () => {
    const signal = noise(40_000);
    const stft = new Stft();
    const filters = new MelFilters({ sampleRate }, stft.nFft);
    const list = new GrowingFrames(filters.bands);
    const sink = stft.stream((power) => filters.apply(power, list.next()));
    inChunks(signal, [1, 777, 4096], (chunk) => sink.push(chunk));
    sink.end();
    expect(list.frames).toEqual(melSpectrogram(signal, { sampleRate }));
  });

  it('computes single frames as in the whole', () => {
    const signal = noise(30_000);
    const [whole, some] = [melSpectrogram(signal, { sampleRate }), melSpectrogram(signal, { sampleRate, frames: [40, 7] })];
    expect(some.count).toBe(2);
    expect(frameOf(some, 0)).toEqual(frameOf(whole, 40));
    expect(frameOf(some, 1)).toEqual(frameOf(whole, 7));
  });

  it('raises the band around a tone', () => {
    const mel = melSpectrogram(sine(22_050, 440, sampleRate), { sampleRate, bands: 40 });
    const middle = frameOf(mel, 20);
    const loudest = middle.indexOf(Math.max(...middle));
    // 440 Hz is 6.6 mel of 50.4 up to half the rate.
    expect(loudest).toBe(Math.floor((6.6 / 50.4) * 41) - 1);
  });

  it.each([
    [{ sampleRate, bands: 0 }, 'bands expects a positive integer, got 0'],
    [{ sampleRate, fMax: 12_000 }, '0 <= fMin < fMax <= 11025 Hz, got 0 and 12000'],
    [{ sampleRate, fMin: 500, fMax: 500 }, 'got 500 and 500'],
  ])('refuses bands that do not fit: %o', (bands, message) => {
    expect(() => new MelFilters(bands, 2048)).toThrow(InputError);
    expect(() => new MelFilters(bands, 2048)).toThrow(message);
  });
});

describe('decibels', () => {
  it('are 0 at 1, fall by 10 a power of ten, and end at -100 and 80 below the top', () => {
    expect([...powerToDb(frames(1, [1, 0.1, 1e-4, 0]), null).values]).toEqual([0, -10, -40, -100]);
    expect([...powerToDb(frames(1, [1, 0.1, 1e-4, 0])).values]).toEqual([0, -10, -40, -80]);
  });

  it('may have the floor raised at the end of a stream instead', () => {
    const powers = Array.from(noise(100), Math.abs).map((value) => value ** 20);
    expect(raiseFloor(powerToDb(frames(1, powers), null))).toEqual(powerToDb(frames(1, powers)));
  });
});

describe('mfcc', () => {
  it('keeps the length of each frame where no coefficient is left out', () => {
    fc.assert(
      fc.property(matrices, (logMel) => {
        const length = ({ values }: Frames): number => Math.hypot(...values);
        expect(length(mfcc(logMel, logMel.size))).toBeCloseTo(length(logMel), 2);
      }),
    );
  });

  it('has one coefficient for a flat frame', () => {
    const [first, ...others] = mfcc(frames(64, Array<number>(64).fill(-30)), 20).values;
    expect(first).toBeCloseTo(-30 * 8, 4);
    others.forEach((value) => expect(value).toBeCloseTo(0, 4));
  });

  it('refuses more coefficients than bands', () =>
    expect(() => mfcc(frames(4, [1, 2, 3, 4]), 5)).toThrow('1 to 4 coefficients of 4 bands, got 5'));
});

describe('delta', () => {
  const over = (count: number, value: (frame: number) => number): Frames =>
    frames(
      1,
      Array.from({ length: count }, (_, at) => value(at)),
    );

  it('is the slope of a line, at its ends too', () =>
    delta(over(15, (at) => 3 * at - 7)).values.forEach((value) => expect(value).toBeCloseTo(3, 5)));

  it('of the second order is the curvature of a parabola', () => {
    delta(
      over(15, (at) => 2 * at * at - at),
      { order: 2 },
    ).values.forEach((value) => expect(value).toBeCloseTo(4, 4));
  });

  it('needs a window of frames', () => expect(() => delta(over(8, (at) => at))).toThrow('expected at least 9 frames, got 8'));
});
