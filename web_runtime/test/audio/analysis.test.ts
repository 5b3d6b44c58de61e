import { expect, it } from 'vitest';

import { analysesOf, analyze } from '../../src/audio/analysis.js';
import { channelsOf } from '../../src/audio/input.js';
import { InputError } from '../../src/errors.js';

const suite = {
  manifest: {},
  session: () => null,
  forecaster: { predict: () => null },
  meter: {
    analyses: {
      peak: async (audio: Parameters<typeof channelsOf>[0]) => ({ largest: Math.max(...channelsOf(audio).channels[0]!) }),
      length: async (audio: Parameters<typeof channelsOf>[0]) => ({ samples: channelsOf(audio).channels[0]!.length }),
    },
  },
};

it('asks every facade that offers analyses', async () => {
  expect(Object.keys(analysesOf(suite))).toEqual(['peak', 'length']);
  const found = await analyze(suite, { samples: Float32Array.of(0, 0.5), sampleRate: 8000 });
  expect(found).toEqual({ peak: { largest: 0.5 }, length: { samples: 2 } });
});

it('refuses audio that can not be read, before any analysis', async () => {
  await expect(analyze(suite, { samples: Float32Array.of(NaN), sampleRate: 8000 })).rejects.toThrow('got NaN at sample 0');
});

it('answers what one analysis refuses beside what the others find, and hides no other error', async () => {
  const sound = { samples: Float32Array.of(0, 0.5), sampleRate: 8000 };
  const failing = (error: Error) => ({ ...suite, genre: { analyses: { genre: () => Promise.reject(error) } } });
  const found = await analyze(failing(new InputError('too short')), sound);
  expect(found).toEqual({ peak: { largest: 0.5 }, length: { samples: 2 }, genre: { refused: 'too short' } });
  await expect(analyze(failing(new Error('broken')), sound)).rejects.toThrow('broken');
});
