/** Audio that is read in pieces, wherever it lies: in this thread's arrays, or in those of the page that a worker asks. */

import type { MultichannelAudio } from '../audio/input.js';

/** Samples to read at a time: each reading is a message between threads, which takes memory until it is collected. */
const BLOCK = 131_072;
/** Samples to work on at a time: a second or less, so that progress and cancellation feel immediate. */
const CHUNK = 32_768;

/** Audio of which any part can be had. */
export interface AudioSource {
  /** In Hz. */
  readonly sampleRate: number;
  readonly channelCount: number;
  /** Samples of a channel. */
  readonly frames: number;
  /**
   * Copies of the samples `from` to `to` (exclusive) of each channel, which the reader may overwrite. Arrays of an earlier read that are
   * `spent` may come back as the answer: a song read chunk by chunk would leave its whole size behind for the collector.
   */
  read(from: number, to: number, spent?: readonly Float32Array[]): Promise<Float32Array[]>;
}

/** A source over arrays, which are left as they are. */
export function sourceOf({ channels, sampleRate }: MultichannelAudio): AudioSource {
  return {
    sampleRate,
    channelCount: channels.length,
    frames: channels[0]!.length,
    read: (from, to, spent) => Promise.resolve(copiesOf(channels, from, to, spent)),
  };
}

/** Copies of a part of each channel, in spent arrays where they fit. */
export function copiesOf(channels: readonly Float32Array[], from: number, to: number, spent: readonly Float32Array[] = []): Float32Array<ArrayBuffer>[] {
  return channels.map((samples, channel) => {
    const part = samples.subarray(from, to);
    const room = spent[channel];
    if (room?.length !== part.length) return new Float32Array(part);
    room.set(part);
    return room as Float32Array<ArrayBuffer>;
  });
}

/**
 * Told how much of a job is done, 0 to 1. It is called between any two pieces of work, and may throw: that is how a job without a worker of
 * its own is cancelled.
 */
export type Tell = (done: number) => void;

/** The same for a part of a job, which is itself told from 0 to 1. */
export function partOf(tell: Tell, from: number, to: number): Tell {
  return (done) => tell(from + (to - from) * done);
}

/** Hands each chunk of a source to a visitor, in order; a chunk is overwritten once it was visited. */
export async function eachChunk(source: AudioSource, tell: Tell, visit: (chunk: Float32Array[]) => void): Promise<void> {
  let block: Float32Array[] = [];
  let done = 0;
  while (done < source.frames) {
    block = await source.read(done, Math.min(done + BLOCK, source.frames), block);
    for (const chunk of chunksOf(block)) {
      visit(chunk);
      done += chunk[0]!.length;
      tell(done / source.frames);
      await breath();
    }
  }
}

/** Views of consecutive parts of channels, in order: what works on them needs room for a part only. */
export function* chunksOf(channels: readonly Float32Array[]): Generator<Float32Array[]> {
  for (let start = 0; start < channels[0]!.length; start += CHUNK) yield channels.map((samples) => samples.subarray(start, start + CHUNK));
}

/** Time of the last pause, and how long work may go on without one, in ms. */
let paused = 0;
const LONGEST_STRETCH = 40;

/** Lets timers and messages through, now and then: a page without a worker stays alive, and a worker hears of a cancellation. */
export async function breath(): Promise<void> {
  if (performance.now() - paused < LONGEST_STRETCH) return;
  await new Promise((resolve) => setTimeout(resolve));
  paused = performance.now();
}
