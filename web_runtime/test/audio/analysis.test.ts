import { expect, it } from 'vitest';

import { analysesOf, analyze } from '../../src/audio/analysis.js';
import { channelsOf } from '../../src/audio/input.js';

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
