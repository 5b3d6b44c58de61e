/** Automatic mixing on stems whose right treatment is plain, and on those that break careless code. */

import { readFileSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import { InputError } from '../src/errors.js';
import type { PackHandle } from '../src/facade.js';
import type { MixingConstants, Role } from '../src/mixing/constants.js';
import { mixing, type StemInput } from '../src/packs/mixing.js';
import { noise, sine } from './signals.js';

// What `python -m keras_models train mixing` learned; keras_models/tests/test_mixing.py keeps the copy equal.
const constants = JSON.parse(readFileSync(new URL('./mixing.json', import.meta.url), 'utf8')) as MixingConstants;
vi.setConfig({ testTimeout: 30_000 });
const RATE = 16_000;
const SECONDS = 2;
const LENGTH = RATE * SECONDS;
const facade = mixing({
  name: 'mixing',
  manifest: { constants: { roles: constants.roles.names } } as unknown as PackHandle['manifest'],
  data: async () => new TextEncoder().encode(JSON.stringify(constants)),
  suite: {} as PackHandle['suite'],
});

const tone = (frequency: number, peakDb: number, seconds = SECONDS): Float32Array => sine({ frequency, peakDb, seconds, sampleRate: RATE });
const mono = (samples: Float32Array): StemInput => ({ channels: [samples], sampleRate: RATE });
const stereo = (left: Float32Array, right: Float32Array): StemInput => ({ channels: [left, right], sampleRate: RATE });
const silence = (): Float32Array => new Float32Array(LENGTH);
const bass = (): Float32Array => tone(80, -12);
const lead = (): Float32Array => tone(880, -30).map((value, i) => value * (1 + 0.5 * Math.sin(i / 900)));
const roles: Role[] = ['bass', 'voice'];
const largest = (samples: Float32Array): number => samples.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);

describe('a mix', () => {
  it('is as long as the longest stem, below the ceiling, and no worse than the input by its own objective', async () => {
    const { mix, loudness, objective, stopped } = await facade.balance([mono(bass()), mono(lead().subarray(0, LENGTH / 2))], { roles });
    expect(mix.channels.map(({ length }) => length)).toEqual([LENGTH, LENGTH]);
    expect(loudness.truePeak).toBeLessThanOrEqual(-1);
    expect(objective.after.total).toBeLessThanOrEqual(objective.before.total);
    expect(stopped).toBe('converged');
  });

  it('is the same again, to the last bit', async () => {
    const stems = [mono(bass()), mono(lead()), mono(noise(LENGTH, 0.01))];
    const [one, other] = [await facade.balance(stems), await facade.balance(stems)];
    expect(one).toEqual(other);
  });

  it('does not change with the level of a stem: what comes 12 dB quieter is raised', async () => {
    const quiet = (samples: Float32Array): Float32Array => samples.map((value) => value / 4);
    const [one, other] = [
      await facade.balance([mono(bass()), mono(lead())], { roles }),
      await facade.balance([mono(quiet(bass())), mono(lead())], { roles }),
    ];
    const difference = (mix: typeof one): number => mix.stems[0]!.loudness!.after - mix.stems[1]!.loudness!.after;
    expect(Math.abs(difference(one) - difference(other))).toBeLessThan(0.7);
  });

  it('brings a panned bass back to the centre', async () => {
    const { stems } = await facade.balance([stereo(bass(), bass().map((value) => value / 4)), mono(lead())], { roles });
    expect(stems[0]!.pan).toBeGreaterThan(0.3);
  });

  it('comes closer to the spectrum of a reference than without one', async () => {
    const reference = { channels: [noise(LENGTH, 0.3)], sampleRate: RATE };
    const stems = [mono(noise(LENGTH, 0.2, 3)), mono(bass())];
    const given: Role[] = ['other', 'bass'];
    const towards = await facade.balance(stems, { roles: given, reference });
    const without = await facade.balance(stems, { roles: given });
    const settings = without.stems.map(({ gainDb, pan, highPassHz, eq, compressor }) => ({
      gainDb,
      pan,
      highPassHz: highPassHz ?? 0,
      eqDb: eq.map((band) => band.gainDb ?? 0),
      ratio: compressor?.ratio ?? 1,
    }));
    const { spectrum } = await facade.score(stems, { roles: given, reference, settings });
    expect(towards.objective.after.spectrum).toBeLessThan(spectrum);
  });

  it('leaves the stems as they are', async () => {
    const stem = lead();
    const before = stem.slice();
    await facade.balance([mono(bass()), mono(stem)], { roles });
    expect(stem).toEqual(before);
  });
});

describe('odd stems', () => {
  it('an empty or flat stem is flagged, set to nothing, and adds nothing', async () => {
    const flat = new Float32Array(LENGTH).fill(0.5);
    const { stems, mix } = await facade.balance([mono(lead()), mono(silence()), mono(flat)]);
    expect(stems.map(({ notes }) => notes.includes('silent'))).toEqual([false, true, true]);
    for (const { pan, highPassHz, compressor, loudness } of stems.slice(1)) expect({ pan, highPassHz, compressor, loudness }).toEqual({ pan: 0, highPassHz: null, compressor: null, loudness: null });
    const mean = mix.channels[0]!.reduce((sum, value) => sum + value, 0) / LENGTH;
    expect(Math.abs(mean)).toBeLessThan(1e-3);
  });

  it('nothing but silence is a silent mix', async () => {
    const { mix, objective, loudness } = await facade.balance([mono(silence()), mono(silence())]);
    expect(largest(mix.channels[0]!)).toBe(0);
    expect(objective.after.total).toBe(0);
    expect(loudness.integrated).toBeNull();
  });

  it('a copy is set like its original, and both together are as loud as one would be', async () => {
    const [twice, once] = [
      await facade.balance([mono(lead()), mono(bass()), mono(lead())], { roles: ['voice', 'bass', null] }),
      await facade.balance([mono(lead()), mono(bass())], { roles: ['voice', 'bass'] }),
    ];
    expect(twice.stems[2]!.notes).toEqual(['duplicate']);
    expect(twice.stems[2]!.gainDb).toBe(twice.stems[0]!.gainDb);
    const over = (mix: typeof once): number => mix.stems[0]!.loudness!.after - mix.stems[1]!.loudness!.after;
    expect(Math.abs(over(twice) - over(once))).toBeLessThan(0.7);
  });

  it('a phase-inverted copy is turned, so that nothing cancels', async () => {
    const { stems, mix } = await facade.balance([mono(lead()), mono(lead().map((value) => -value / 2)), mono(bass())]);
    expect(stems[1]!.polarity).toBe(-1);
    expect(stems[1]!.notes).toEqual(['polarity-flipped', 'duplicate']);
    expect(largest(mix.channels[0]!)).toBeGreaterThan(0.01);
  });

  it('one dead channel is taken for mono', async () => {
    const { stems } = await facade.balance([stereo(lead(), silence()), mono(bass())], { roles: ['voice', 'bass'] });
    expect(stems[0]!.notes).toEqual(['one-sided']);
    expect(Math.abs(stems[0]!.pan)).toBeLessThan(0.2);
  });

  it('a single sample is mixed', async () => {
    const { mix } = await facade.balance([mono(Float32Array.of(0.5)), mono(lead())]);
    expect(mix.channels[0]!.every(Number.isFinite)).toBe(true);
  });
});

describe('what is refused, and how work ends', () => {
  it.each([
    ['one stem', [mono(lead())], {}, /2 to 16 stems, got 1/],
    ['17 stems', Array.from({ length: 17 }, () => mono(lead())), {}, /2 to 16 stems, got 17/],
    ['NaN', [mono(lead()), mono(Float32Array.of(Number.NaN))], {}, /finite/],
    ['two rates', [mono(lead()), { channels: [lead()], sampleRate: 44_100 }], {}, /one rate, got 16000 and 44100 Hz in stem 1/],
    ['no sample', [mono(lead()), mono(new Float32Array(0))], {}, /at least one sample in stem 1/],
    ['an unknown role', [mono(lead()), mono(bass())], { roles: ['voice', 'tuba'] }, /unknown role "tuba" of stem 1/],
    ['too few roles', [mono(lead()), mono(bass())], { roles: ['voice'] }, /a role for each of 2 stems/],
    ['no evaluation', [mono(lead()), mono(bass())], { evaluations: 0 }, /1 or more evaluations/],
  ])('%s', async (_, stems, options, message) => {
    const refused = facade.balance(stems as StemInput[], options as object);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(message);
  });

  it('a limit of evaluations or time ends the search early and says so, no worse than the input', async () => {
    const stems = [mono(bass()), mono(lead())];
    const few = await facade.balance(stems, { evaluations: 5 });
    expect(few).toMatchObject({ stopped: 'evaluations', evaluations: 5 });
    const short = await facade.balance(stems, { budgetMs: 1e-6 });
    expect(short.stopped).toBe('time');
    for (const { objective } of [few, short]) expect(objective.after.total).toBeLessThanOrEqual(objective.before.total);
  });

  it('progress rises to 1, and a signal cancels', async () => {
    const stems = [mono(bass()), mono(lead())];
    const told: number[] = [];
    await facade.balance(stems, { onProgress: (done) => told.push(done) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    const controller = new AbortController();
    const cancelled = facade.balance(stems, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(cancelled).rejects.toThrow(/abort/i);
  });
});

describe('listening', () => {
  it('describes stems, and scores settings of one’s own', async () => {
    const stems = [mono(bass()), mono(lead())];
    const [low] = await facade.describe(stems, { roles: ['bass', null] });
    expect(low).toMatchObject({ role: 'bass', notes: [] });
    expect(Object.keys(low!.features!)).toEqual(constants.features.names);
    const as = await facade.score(stems, { roles });
    const worse = await facade.score(stems, { roles, settings: [{ gainDb: 20 }, {}] });
    expect(worse.balance).toBeGreaterThan(as.balance);
  });
});
