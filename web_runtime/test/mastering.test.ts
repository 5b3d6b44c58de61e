/** Mastering: targets met on music-like signals, bounds kept, odd inputs survived, and the same master every time. */

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { samplesOf } from '../src/dsp/wav.js';
import type { PackHandle } from '../src/facade.js';
import { measureLoudness } from '../src/loudness/measure.js';
import { matchingCurve, spectralDistance, SpectrumMeter } from '../src/mastering/spectrum.js';
import { BOUNDS } from '../src/mastering/target.js';
import { type Master, mastering, type MasteringOptions } from '../src/packs/mastering.js';
import { noise, sine } from './signals.js';

const RATE = 22_050;
const CURVES = readFileSync(new URL('curves.json', import.meta.url));

const pack = {
  name: 'mastering',
  manifest: { constants: { genres: ['bright'] } },
  data: () => Promise.resolve(new Uint8Array(CURVES)),
} as unknown as PackHandle;
const { master, curve, genres } = mastering(pack);

/** Three seconds with a beat, a bass and a little noise, wide in the treble. */
function song({ gain = 1, seconds = 3 } = {}): { channels: Float32Array[]; sampleRate: number } {
  const hiss = [noise(seconds * RATE, 1, 1), noise(seconds * RATE, 1, 2)];
  const bass = sine({ frequency: 80, peakDb: -14, seconds, sampleRate: RATE });
  const chord = sine({ frequency: 440, peakDb: -20, seconds, sampleRate: RATE });
  const channels = hiss.map((samples) =>
    samples.map((value, i) => {
      const beat = Math.exp(-((i % 11_025) / 900));
      return gain * (bass[i]! + chord[i]! * (0.4 + 0.6 * Math.abs(Math.sin(i / 40_000))) + value * (0.25 * beat + 0.01));
    }),
  );
  return { channels, sampleRate: RATE };
}

function isWithinBounds({ reduction, parameters, after, target }: Master): void {
  expect(reduction.limiter.largestDb).toBeLessThanOrEqual(BOUNDS.limitingDb + 0.01);
  expect(reduction.compressor.largestDb).toBeLessThanOrEqual(BOUNDS.compressionDb + 0.01);
  for (const { gainDb } of parameters.chain.equalizer) expect(Math.abs(gainDb ?? 0)).toBeLessThanOrEqual(BOUNDS.equalizerDb + 0.01);
  expect(after.truePeak ?? -Infinity).toBeLessThanOrEqual(target.truePeakDb);
}

describe('master', { timeout: 60_000 }, () => {
  it.each(['streaming', 'club', 'broadcast', { lufs: -16, truePeakDb: -2 }] as const)('reaches %o within 0.2 LU and keeps the bounds', async (target) => {
    const made = await master(song(), { target });
    expect(made.outcome).toBe('reached');
    expect(Math.abs(made.after.integrated! - made.target.lufs)).toBeLessThan(0.2);
    isWithinBounds(made);
    const again = measureLoudness(made.audio);
    expect(again.integrated).toBeCloseTo(made.after.integrated!, 1);
    expect(made.audio.channels.map(({ length }) => length)).toEqual([3 * RATE, 3 * RATE]);
    expect(made.objective.after.total).toBeLessThan(made.objective.before.total);
  });

  it('gives the same bytes again, and leaves the input as it was', async () => {
    const [one, other] = [song(), song()];
    const made = await master(one, { target: 'streaming' });
    one.channels.forEach((samples, channel) => expect(samples.every((value, i) => value === other.channels[channel]![i])).toBe(true));
    const again = await master(other, { target: 'streaming' });
    expect(Buffer.compare(again.wav, made.wav)).toBe(0);
  });

  it('hardly changes its own master', async () => {
    const once = await master(song(), { target: 'streaming' });
    const twice = await master(once.audio, { target: 'streaming' });
    expect(Math.abs(twice.after.integrated! - once.after.integrated!)).toBeLessThan(0.3);
    expect(spectralDistance(twice.after.spectrum, once.after.spectrum)).toBeLessThan(3);
  });

  it('comes nearer to the spectrum and the width of a reference', async () => {
    const dull = song();
    const reference = { ...song(), channels: song().channels.map((samples) => samples.map((value, i) => value - 0.7 * (samples[i - 1] ?? 0))) };
    const { objective } = await master(dull, { target: 'streaming', reference });
    expect(objective.after.spectralDistance).toBeLessThan(0.7 * objective.before.spectralDistance);
  });

  it('masters what is far too quiet or far too loud', async () => {
    for (const gain of [0.01, 30]) {
      const made = await master(song({ gain }), { target: 'streaming' });
      expect(made.outcome).toBe('reached');
      isWithinBounds(made);
    }
  });

  it('leaves silence silent, offset or not, and says that it has no loudness', async () => {
    for (const level of [0, 0.5]) {
      const made = await master({ channels: [new Float32Array(RATE).fill(level)], sampleRate: RATE }, { target: 'club' });
      expect(made).toMatchObject({ outcome: 'undefined' });
      expect(made.note).toContain('silent');
      // One step of 16 bits of dither on either side.
      expect(made.audio.channels[0]!.every((value) => Math.abs(value) <= 2 / 2 ** 15)).toBe(true);
    }
  });

  it('says that less than a gate block has no loudness, and keeps its peak below the ceiling', async () => {
    const made = await master({ channels: [Float32Array.of(0.3)], sampleRate: 48_000 }, { target: 'club' });
    expect(made.outcome).toBe('undefined');
    expect(made.note).toContain('shorter than 0.4 s');
    const hot = sine({ frequency: 5000, peakDb: 6, seconds: 0.2 });
    isWithinBounds(await master({ channels: [hot], sampleRate: 48_000 }, { target: 'club' }));
  });

  it('leaves a dead channel dead', async () => {
    const { channels } = song();
    const made = await master({ channels: [channels[0]!, new Float32Array(3 * RATE)], sampleRate: RATE }, { target: 'streaming' });
    expect(made.outcome).toBe('reached');
    expect(made.audio.channels[1]!.every((value) => Math.abs(value) <= 2 / 2 ** 15)).toBe(true);
  });

  it('takes inter-sample overs down', async () => {
    const tone = sine({ frequency: RATE / 4, peakDb: 3, seconds: 2, phase: 45, sampleRate: RATE });
    const { after, before } = await master({ channels: [tone], sampleRate: RATE }, { target: { lufs: -8, truePeakDb: -1 } });
    expect(before.truePeak).toBeGreaterThan(2.5);
    expect(after.truePeak).toBeLessThanOrEqual(-1);
  });

  it('says so where the target would take more limiting than its bound', async () => {
    const clicks = Float32Array.from({ length: 2 * RATE }, (_, i) => (i % RATE === 0 ? 0.9 : 0.0004 * Math.sin(i / 7)));
    const made = await master({ channels: [clicks], sampleRate: RATE }, { target: 'club' });
    expect(made.outcome).toBe('held');
    expect(made.note).toMatch(/LUFS instead of -11: more would take the limiter beyond its bound of 22 dB/);
    isWithinBounds(made);
  });

  it('tells progress up to 1 and can be cancelled', async () => {
    const told: number[] = [];
    await master(song(), { target: 'streaming', onProgress: (done) => told.push(done) });
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBe(1);
    const cancel = new AbortController();
    const cancelled = master(song(), { target: 'streaming', signal: cancel.signal, onProgress: (done) => done > 0.2 && cancel.abort() });
    await expect(cancelled).rejects.toThrow(/abort/i);
    await expect(master(song(), { target: 'streaming', signal: cancel.signal })).rejects.toThrow(/abort/i);
  });

  it('refuses what it does not know, by name', async () => {
    const refused = async (options: unknown): Promise<unknown> => master(song({ seconds: 1 }), options as MasteringOptions);
    await expect(refused({ target: 'loud' })).rejects.toThrow('unknown target "loud"; expected streaming, club, broadcast or');
    await expect(refused({ target: { lufs: 3, truePeakDb: -1 } })).rejects.toThrow('target.lufs expects -40 to -6 LUFS, got 3');
    await expect(refused(undefined)).rejects.toThrow('target.lufs expects');
    await expect(refused({ target: 'club', genre: 'polka' })).rejects.toThrow('unknown genre "polka"; expected one of bright');
    await expect(refused({ target: 'club', bitDepth: 8 })).rejects.toThrow('bitDepth expects 16, 24 or 32, got 8');
    await expect(refused({ target: 'club', genre: 'bright', reference: song() })).rejects.toThrow('a reference or a genre, got both');
    await expect(master({ channels: [new Float32Array(0)], sampleRate: RATE }, { target: 'club' })).rejects.toThrow('at least one sample');
  });

  it('writes 24 bits and floating point, too', async () => {
    const [rough, fine] = [await master(song(), { target: 'streaming' }), await master(song(), { target: 'streaming', bitDepth: 32 })];
    const { channels } = rough.audio;
    samplesOf(fine.wav).channels.forEach((samples, channel) =>
      expect(samples.every((value, i) => Math.abs(value - channels[channel]![i]!) < 2 / 2 ** 15)).toBe(true),
    );
  });
});

describe('curve', () => {
  it('answers the curve of a genre and of music at large', async () => {
    expect(genres()).toEqual(['bright']);
    const [bright, any] = [await curve('bright'), await curve()];
    expect(bright.frequencies).toEqual(any.frequencies);
    expect(bright.levelsDb.at(-1)! - any.levelsDb.at(-1)!).toBeGreaterThan(3);
    await expect(curve('polka')).rejects.toThrow('unknown genre');
  });
});

describe('SpectrumMeter', () => {
  it('reads the level of a sine in its band, and of white noise 1 dB more each third of an octave', () => {
    const meter = new SpectrumMeter(48_000, 1);
    meter.push([sine({ frequency: 1000, peakDb: -10, seconds: 4 })]);
    const { frequencies, levelsDb } = meter.result();
    const band = frequencies.findIndex((frequency) => Math.abs(frequency - 1000) < 1);
    expect(Math.abs(levelsDb[band]! + 13)).toBeLessThan(0.1);
    const white = new SpectrumMeter(48_000, 2);
    white.push([noise(480_000, 0.5, 1), noise(480_000, 0.5, 2)]);
    const levels = white.result().levelsDb;
    expect((levels[25]! - levels[10]!) / 15).toBeCloseTo(10 * Math.log10(2 ** (1 / 3)), 1);
  });

  it('a curve toward itself is flat, and unknown bands are not raised below the known ones', () => {
    const levels = { frequencies: [31.25, 62.5, 125, 250], levelsDb: [-3, 0, -5, -9] };
    expect(matchingCurve(levels, levels)).toEqual([0, 0, 0, 0]);
    const raised = matchingCurve(levels, { frequencies: [62.5, 125], levelsDb: [10, 0] });
    expect(raised[0]).toBeLessThan(1);
    expect(raised[1]).toBeGreaterThan(0);
  });
});
