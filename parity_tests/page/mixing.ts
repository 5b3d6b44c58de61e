/** What the tests ask of mixing: raw stems by their addresses in, the answer and the mix out. */

import type { Mix, Suite } from 'tunesmith';

import { textOf, type TensorText } from './base64.js';

/** Planar little-endian float32 samples at an address. */
interface StemFile {
  readonly url: string;
  readonly channels: number;
  readonly sampleRate: number;
}

/** A mix whose samples survive JSON: [channels, samples]. */
type MixText = Omit<Mix, 'mix'> & { readonly samples: TensorText; readonly milliseconds: number };

/** Mixes stems as a product would. */
export async function mixFiles({ mixing }: Suite, files: readonly StemFile[], options: object): Promise<MixText> {
  const stems = await Promise.all(files.map(read));
  const start = performance.now();
  const { mix, ...rest } = await mixing.balance(stems, options);
  const milliseconds = performance.now() - start;
  const samples = new Float32Array(mix.channels.length * mix.channels[0]!.length);
  mix.channels.forEach((channel, index) => samples.set(channel, index * channel.length));
  return { ...rest, milliseconds, samples: textOf([mix.channels.length, mix.channels[0]!.length], samples) };
}

async function read({ url, channels, sampleRate }: StemFile): Promise<{ channels: Float32Array[]; sampleRate: number }> {
  const samples = new Float32Array(await (await fetch(url)).arrayBuffer());
  const length = samples.length / channels;
  return { channels: Array.from({ length: channels }, (_, channel) => samples.slice(channel * length, (channel + 1) * length)), sampleRate };
}
