/** Audio as it comes in, made sure of once: finite samples, a plausible rate, channels of one length; and the mix to mono. */

import { InputError } from '../errors.js';

/** What of Web Audio's AudioBuffer is read; an AudioBuffer is one. */
export interface AudioBufferLike {
  readonly sampleRate: number;
  readonly length: number;
  readonly numberOfChannels: number;
  getChannelData(channel: number): Float32Array;
}

/** One channel, or several mixed to one. */
export interface MonoAudio {
  /** [samples], full scale is 1. */
  readonly samples: Float32Array;
  /** Samples per second. */
  readonly sampleRate: number;
}

/** Channels of one length, each [samples]. */
export interface MultichannelAudio {
  readonly channels: readonly Float32Array[];
  /** Samples per second. */
  readonly sampleRate: number;
}

/** Audio in any of the forms that the package takes. */
export type AudioInput = AudioBufferLike | MonoAudio | MultichannelAudio;

/** Rates that audio is stored at, with a margin; what lies outside is a mistake such as kHz for Hz. */
const RATES = { least: 1000, most: 768_000 } as const;

/**
 * The channels of any audio input, not copied.
 *
 * @throws {@link InputError} for a form that is none of these, an impossible rate, channels that differ in length, or a sample that is NaN
 * or infinite.
 */
export function channelsOf(audio: AudioInput): MultichannelAudio {
  const channels = findChannels(audio);
  const { sampleRate } = audio;
  if (typeof sampleRate !== 'number' || !(sampleRate >= RATES.least && sampleRate <= RATES.most)) {
    throw new InputError(`audio: sampleRate expects ${RATES.least} to ${RATES.most} Hz, got ${String(sampleRate)}`);
  }
  const lengths = channels.map(({ length }) => length);
  if (lengths.some((length) => length !== lengths[0])) {
    throw new InputError(`audio: expected channels of one length, got ${lengths.join(', ')} samples`);
  }
  channels.forEach((samples, channel) => checkFinite(samples, channels.length > 1 ? `audio, channel ${channel}` : 'audio'));
  return { channels, sampleRate };
}

/** The mean of the channels; a single one is not copied. */
export function mixToMono(audio: AudioInput): MonoAudio {
  const { channels, sampleRate } = channelsOf(audio);
  if (channels.length === 1) return { samples: channels[0]!, sampleRate };
  const samples = new Float32Array(channels[0]!.length);
  for (let at = 0; at < samples.length; at++) {
    let sum = 0;
    for (const channel of channels) sum += channel[at]!;
    samples[at] = sum / channels.length;
  }
  return { samples, sampleRate };
}

/**
 * Refuses samples that nothing can be computed from.
 *
 * @throws {@link InputError} naming the first sample that is NaN or infinite.
 */
export function checkFinite(samples: Float32Array, what: string): void {
  // What is finite times 0 is 0; one sum tells of all samples in a fraction of the time.
  let sum = 0;
  for (let at = 0; at < samples.length; at++) sum += samples[at]! * 0;
  if (sum === 0) return;
  const at = samples.findIndex((sample) => !Number.isFinite(sample));
  throw new InputError(`${what}: expected finite samples, got ${samples[at]} at sample ${at}; decode the file again or replace it by 0`);
}

function findChannels(audio: unknown): readonly Float32Array[] {
  const given = (typeof audio === 'object' && audio !== null ? audio : {}) as Partial<AudioBufferLike & MonoAudio & MultichannelAudio>;
  if (typeof given.getChannelData === 'function') {
    return Array.from({ length: given.numberOfChannels! }, (_, channel) => given.getChannelData!(channel));
  }
  const channels = given.channels ?? [given.samples];
  if (!Array.isArray(channels) || channels.length === 0 || !channels.every((samples) => samples instanceof Float32Array)) {
    throw new InputError(
      'audio: expected an AudioBuffer, { samples: Float32Array, sampleRate } or { channels: Float32Array[], sampleRate }',
    );
  }
  return channels as Float32Array[];
}
