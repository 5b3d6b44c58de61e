/** Masters of whole songs, which take longer than one call may: begun by one call, asked for by others. */

import type { Mastered, Preset, Suite } from 'tunesmith';

/** Stereo that lies at an address of this site as planar little-endian float32, heard again and again until the song is long enough. */
interface Song {
  readonly url: string;
  readonly sampleRate: number;
  readonly seconds: number;
}

/** What became of a master: its time on the clock and its outcome, or why there is none. */
interface Ended {
  readonly milliseconds: number;
  readonly outcome: Mastered['outcome'];
  readonly passes: number;
}

let ended: Ended | { readonly error: string } | null = null;

/** Fetches a song, and begins to master it. */
export async function beginMaster(suite: Suite, { url, sampleRate, seconds }: Song, target: Preset): Promise<void> {
  const samples = new Float32Array(await (await fetch(url)).arrayBuffer());
  const length = samples.length / 2;
  const channels = [0, 1].map((channel) => {
    const whole = new Float32Array(seconds * sampleRate);
    for (let at = 0; at < whole.length; at += length) whole.set(samples.subarray(channel * length, channel * length + Math.min(length, whole.length - at)), at);
    return whole;
  });
  ended = null;
  const start = performance.now();
  suite.mastering.master({ channels, sampleRate }, { target }).then(
    ({ outcome, effort }) => (ended = { milliseconds: performance.now() - start, outcome, passes: effort.passes }),
    (error: unknown) => (ended = { error: String(error) }),
  );
}

/** Handlers of the page. */
export const longMasteringHandlers = {
  /** What became of the master that was begun; null while it goes on. */
  masterEnded: (): typeof ended => ended,
};
