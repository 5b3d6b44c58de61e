import { describe, expect, it } from 'vitest';

import { type AudioInput, channelsOf, mixToMono } from '../../src/audio/input.js';
import { InputError } from '../../src/errors.js';

const [left, right] = [Float32Array.of(1, 0.5, 0), Float32Array.of(0, 0.5, -1)];

describe('audio input', () => {
  it('mixes channels to their mean and copies none', () => {
    expect(mixToMono({ channels: [left, right], sampleRate: 44_100 })).toEqual({
      samples: Float32Array.of(0.5, 0.5, -0.5),
      sampleRate: 44_100,
    });
    expect(mixToMono({ samples: left, sampleRate: 8000 }).samples).toBe(left);
  });

  it('reads an AudioBuffer', () => {
    const buffer = { sampleRate: 48_000, length: 3, numberOfChannels: 2, getChannelData: (channel: number) => [left, right][channel]! };
    expect(channelsOf(buffer)).toEqual({ channels: [left, right], sampleRate: 48_000 });
  });

  it.each([
    [{ samples: left, sampleRate: 44.1 }, 'sampleRate expects 1000 to 768000 Hz, got 44.1'],
    [{ samples: left }, 'got undefined'],
    [{ channels: [left, left.subarray(1)], sampleRate: 8000 }, 'channels of one length, got 3, 2 samples'],
    [{ channels: [left, Float32Array.of(0, 0, NaN)], sampleRate: 8000 }, 'channel 1: expected finite samples, got NaN at sample 2'],
    [{ channels: [], sampleRate: 8000 }, 'expected an AudioBuffer'],
    [{ samples: [1, 2], sampleRate: 8000 }, 'expected an AudioBuffer'],
    [null, 'expected an AudioBuffer'],
  ])('refuses %o', (audio, message) => {
    expect(() => channelsOf(audio as AudioInput)).toThrow(InputError);
    expect(() => channelsOf(audio as AudioInput)).toThrow(message);
  });
});
