/** Ten minutes of audio equal their own short pieces, and take memory for the features alone. */

import { expect, it } from 'vitest';

import { GrowingFrames } from '../../src/audio/frames.js';
import { MelFilters, melSpectrogram } from '../../src/audio/mel.js';
import { Stft } from '../../src/audio/stft.js';
import { noise } from './signals.js';

const sampleRate = 22_050;
const second = noise(sampleRate);

it('ten minutes in chunks of a second are, frame for frame, their own short pieces', { timeout: 60_000 }, () => {
  const stft = new Stft();
  const filters = new MelFilters({ sampleRate }, stft.nFft);
  const list = new GrowingFrames(filters.bands);
  const sink = stft.stream((power) => filters.apply(power, list.next()));
  for (let at = 0; at < 600; at++) sink.push(second);
  sink.end();
  const { frames } = list;
  expect(frames.count).toBe(1 + Math.floor((600 * sampleRate) / stft.hop));

  // Pieces of three seconds, each cut where a frame of the whole is centred.
  const piece = Float32Array.from({ length: 3 * sampleRate }, (_, at) => second[at % sampleRate]!);
  for (const start of [0, 1, 100, 511, 597]) {
    const first = Math.ceil((start * sampleRate) / stft.hop);
    const offset = first * stft.hop - start * sampleRate;
    const own = melSpectrogram(piece.subarray(offset), { sampleRate });
    // Frames that reach over neither end of the piece.
    for (const at of [2, 30, 60, 120]) {
      const expected = own.values.subarray(at * filters.bands, (at + 1) * filters.bands);
      const got = frames.values.subarray((first + at) * filters.bands, (first + at + 1) * filters.bands);
      expect(got).toEqual(expected);
    }
  }
});
