/** Stems as they come, made fit for mixing: checked, brought to two channels, and compared with each other for copies. */

import type { MultichannelAudio } from '../audio/input.js';

/**
 * What was found odd about a stem, and what was done:
 * `silent`: nothing can be heard; it is left as it is. `one-sided`: one of two channels is dead; it is treated as mono.
 * `polarity-flipped`: it cancelled an earlier stem; its polarity was turned. `duplicate`: it equals an earlier stem but for its level;
 * both are set as one.
 */
export type StemNote = 'silent' | 'one-sided' | 'polarity-flipped' | 'duplicate';

/** A stem ready for mixing. */
export interface PreparedStem {
  /** One or two channels, uncopied. */
  readonly audio: MultichannelAudio;
  /** Mean of each channel: subtracted before anything else. */
  readonly offsets: readonly number[];
  readonly polarity: 1 | -1;
  /** Index of the stem that it is mixed as one with: its own, or that of the first copy. */
  readonly leader: number;
  readonly notes: readonly StemNote[];
}

/** A channel with so small a share of the other's power is dead. */
const DEAD = 1e-6;
/** Correlation beyond which two stems are copies, and below which they cancel each other. */
const SAME = 0.995;
const OPPOSED = -0.9;
/** Samples compared at a time. */
const CHUNK = 65_536;

/** Compares stems that {@link readStems} let in. */
export function prepareStems(audio: readonly MultichannelAudio[]): PreparedStem[] {
  const live = audio.map(liveChannels);
  const offsets = live.map(({ channels }) => channels.map(mean));
  const { polarity, leaders } = compared(live, offsets);
  return live.map((stem, index) => ({
    audio: stem,
    offsets: offsets[index]!,
    polarity: polarity[index]!,
    leader: leaders[index]!,
    notes: [
      ...(stem.channels.length < audio[index]!.channels.length ? ['one-sided' as const] : []),
      ...(polarity[index] === -1 ? ['polarity-flipped' as const] : []),
      ...(leaders[index] !== index ? ['duplicate' as const] : []),
    ],
  }));
}

/** Copies of a stem and the stem itself, added up as they sound together. */
export function together(stems: readonly PreparedStem[], leader: number): MultichannelAudio {
  const members = stems.filter((stem) => stem.leader === leader);
  if (members.length === 1 && members[0]!.polarity === 1 && members[0]!.offsets.every((offset) => offset === 0)) return members[0]!.audio;
  const count = Math.max(...members.map(({ audio }) => audio.channels.length));
  const length = Math.max(...members.map(({ audio }) => audio.channels[0]!.length));
  const channels = Array.from({ length: count }, () => new Float32Array(length));
  for (const { audio, offsets, polarity } of members) {
    channels.forEach((sum, channel) => {
      // A mono copy is at -3 dB in each of two channels, as everywhere in mixing.
      const source = Math.min(channel, audio.channels.length - 1);
      const gain = polarity * (audio.channels.length < count ? Math.SQRT1_2 : 1);
      const samples = audio.channels[source]!;
      for (let i = 0; i < samples.length; i++) sum[i]! += gain * (samples[i]! - offsets[source]!);
    });
  }
  return { channels, sampleRate: members[0]!.audio.sampleRate };
}

function liveChannels(audio: MultichannelAudio): MultichannelAudio {
  if (audio.channels.length === 1) return audio;
  const [left, right] = audio.channels.map((samples) => power(samples, mean(samples))) as [number, number];
  if (Math.max(left, right) === 0 || Math.min(left, right) > DEAD * Math.max(left, right)) return audio;
  return { channels: [audio.channels[left > right ? 0 : 1]!], sampleRate: audio.sampleRate };
}

/** Which stems cancel or repeat an earlier one. */
function compared(stems: readonly MultichannelAudio[], offsets: readonly (readonly number[])[]): { polarity: (1 | -1)[]; leaders: number[] } {
  const products = productsOf(stems, offsets);
  const polarity: (1 | -1)[] = stems.map(() => 1);
  const leaders = stems.map((_, index) => index);
  for (let later = 1; later < stems.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const norm = Math.sqrt(products[earlier]![earlier]! * products[later]![later]!);
      if (norm === 0) continue;
      const correlation = (polarity[earlier]! * products[earlier]![later]!) / norm;
      if (correlation > OPPOSED && correlation < SAME) continue;
      if (correlation <= OPPOSED) polarity[later] = -1;
      if (Math.abs(correlation) >= SAME) leaders[later] = leaders[earlier]!;
      break;
    }
  }
  return { polarity, leaders };
}

/** Inner products of all pairs of stems, as mono. */
function productsOf(stems: readonly MultichannelAudio[], offsets: readonly (readonly number[])[]): number[][] {
  const products = stems.map(() => stems.map(() => 0));
  const length = Math.max(...stems.map(({ channels }) => channels[0]!.length));
  for (let from = 0; from < length; from += CHUNK) {
    const chunks = stems.map(({ channels }, index) => monoChunk(channels, offsets[index]!, from));
    chunks.forEach((one, i) => {
      for (let j = i; j < chunks.length; j++) products[i]![j]! += product(one, chunks[j]!);
    });
  }
  return products;
}

function monoChunk(channels: readonly Float32Array[], offsets: readonly number[], from: number): Float64Array {
  const mono = new Float64Array(Math.max(0, Math.min(CHUNK, channels[0]!.length - from)));
  channels.forEach((samples, channel) => {
    for (let i = 0; i < mono.length; i++) mono[i]! += samples[from + i]! - offsets[channel]!;
  });
  return mono;
}

function product(one: Float64Array, other: Float64Array): number {
  const length = Math.min(one.length, other.length);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += one[i]! * other[i]!;
  return sum;
}

function power(samples: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i]! - offset) ** 2;
  return sum / samples.length;
}

function mean(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]!;
  return sum / samples.length;
}
