/** What the tests ask of loudness, the audio blocks and mastering: sound goes in and out as it would in a product. */

import {
  type AudioInput,
  BiquadCascade,
  type BiquadSettings,
  Compressor,
  type CompressorSettings,
  decodeAudio,
  designBiquad,
  encodeWav,
  type BitDepth,
  Limiter,
  type LimiterSettings,
  type Loudness,
  measureLoudness,
  MultibandCompressor,
  type Processor,
  StereoWidth,
  type WidthSettings,
} from 'tunesmith/audio';
import type { Master, MasteringOptions, Suite } from 'tunesmith';

import { bytesOf, fromText, textOf, textOfBytes, type TensorText } from './base64.js';

/** Audio as Python sends it: a file's bytes in base64, or samples [channels, frames]. */
type SoundText = { readonly file: string } | { readonly samples: TensorText; readonly sampleRate: number };

/** A block, and what it is set to. */
type Block =
  | { readonly kind: 'biquads'; readonly bands: readonly BiquadSettings[] }
  | { readonly kind: 'compressor'; readonly settings: CompressorSettings }
  | { readonly kind: 'multiband'; readonly splits: readonly number[]; readonly bands: readonly CompressorSettings[] }
  | { readonly kind: 'width'; readonly settings: WidthSettings }
  | { readonly kind: 'limiter'; readonly settings: LimiterSettings };

interface Channels {
  readonly channels: Float32Array[];
  readonly sampleRate: number;
}

async function read(sound: SoundText): Promise<AudioInput> {
  return 'file' in sound ? decodeAudio(bytesOf(sound.file)) : channelsOf(sound);
}

function channelsOf({ samples, sampleRate }: { readonly samples: TensorText; readonly sampleRate: number }): Channels {
  const { data } = fromText({ samples })['samples']!;
  const [count, frames] = samples.shape as [number, number];
  const channels = Array.from({ length: count }, (_, channel) => (data as Float32Array).subarray(channel * frames, (channel + 1) * frames));
  return { channels, sampleRate };
}

function processorOf(block: Block, sampleRate: number, channels: number): Processor {
  switch (block.kind) {
    case 'biquads':
      return new BiquadCascade(
        block.bands.map((band) => designBiquad(band, sampleRate)),
        channels,
      );
    case 'compressor':
      return new Compressor(block.settings, sampleRate, channels);
    case 'multiband':
      return new MultibandCompressor(block.splits, block.bands, sampleRate, channels);
    case 'width':
      return new StereoWidth(block.settings, sampleRate, channels);
    case 'limiter':
      return new Limiter(block.settings, sampleRate, channels);
  }
}

/** Samples of a chunk: a block must not show where it was cut. */
const CHUNK = 5000;

/** Handlers of the page. */
export const masteringHandlers = {
  /** Loudness of a sound. */
  soundLoudness: async (sound: SoundText): Promise<Loudness> => measureLoudness(await read(sound)),

  /** Loudness of samples that are played so many times: a long sound takes longer to send than to measure. */
  repeatedLoudness(sound: Parameters<typeof channelsOf>[0], times: number): Loudness {
    const { channels, sampleRate } = channelsOf(sound);
    const repeated = channels.map((samples) => {
      const whole = new Float32Array(samples.length * times);
      for (let at = 0; at < whole.length; at += samples.length) whole.set(samples, at);
      return whole;
    });
    return measureLoudness({ channels: repeated, sampleRate });
  },

  /** A sound after a block, chunk by chunk; as long as it was, so that a limiter's last samples are missing. */
  soundThrough(block: Block, sound: { readonly samples: TensorText; readonly sampleRate: number }): TensorText {
    const { channels, sampleRate } = channelsOf(sound);
    const processor = processorOf(block, sampleRate, channels.length);
    const [{ length }] = channels as [Float32Array];
    for (let start = 0; start < length; start += CHUNK) processor.process(channels.map((samples) => samples.subarray(start, start + CHUNK)));
    const whole = new Float32Array(channels.length * length);
    channels.forEach((samples, channel) => whole.set(samples, channel * length));
    return textOf([channels.length, length], whole);
  },

  /** A sound as a WAV file, in base64. */
  soundWav: async (sound: SoundText, bitDepth: BitDepth): Promise<string> => textOfBytes(encodeWav(await read(sound), { bitDepth })),
};

/** A master as Python reads it: the file in base64, everything else as it is, and the milliseconds that it took. */
type MasterText = Omit<Master, 'audio' | 'wav'> & { readonly wav: string; readonly milliseconds: number };

/** Masters a sound with a suite. */
export async function masterSound(suite: Suite, sound: SoundText, options: MasteringOptions, reference?: SoundText): Promise<MasterText> {
  const audio = await read(sound);
  const model = reference === undefined ? {} : { reference: await read(reference) };
  const start = performance.now();
  const { audio: _, wav, ...rest } = await suite.mastering.master(audio, { ...options, ...model });
  return { ...rest, wav: textOfBytes(wav), milliseconds: performance.now() - start };
}

/** What masters leave behind: masters a made-up song again and again, or cancels at a share of the way, and returns how often it ended. */
export async function masterAgain(suite: Suite, times: number, seconds: number, cancelAt: number | null): Promise<number> {
  const sampleRate = 48_000;
  const channels = [1, 2].map((side) => Float32Array.from({ length: seconds * sampleRate }, (_, i) => 0.3 * Math.sin(i * i * 1e-7 * side) * Math.exp(-((i % 24_000) / 6000))));
  let ended = 0;
  for (let time = 0; time < times; time++) {
    const cancel = new AbortController();
    const onProgress = (done: number): void => (cancelAt !== null && done >= cancelAt ? cancel.abort() : undefined);
    try {
      await suite.mastering.master({ channels, sampleRate }, { target: 'streaming', signal: cancel.signal, onProgress });
      ended += 1;
    } catch (error) {
      if (!cancel.signal.aborted) throw error;
    }
  }
  return ended;
}
