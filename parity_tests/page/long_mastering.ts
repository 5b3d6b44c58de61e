/** Masters of whole songs, which take longer than one call may: begun by one call, asked for by others. */

import type { Mastered, Preset, Suite } from 'tunesmith';

/** A song that repeats the excerpt until it is so long. */
interface Song {
  readonly sampleRate: number;
  readonly seconds: number;
}

/** What became of a master: its time on the clock and its outcome, or why there is none. */
interface Ended {
  readonly milliseconds: number;
  readonly outcome: Mastered['outcome'];
  readonly passes: number;
}

/** Both channels of what songs are made of, one after the other. */
let excerpt = new Float32Array(0);
let ended: Ended | { readonly error: string } | null = null;

/** Makes a song, and begins to master it. */
export function beginMaster(suite: Suite, { sampleRate, seconds }: Song, target: Preset): void {
  const length = excerpt.length / 2;
  const channels = [0, 1].map((channel) => {
    const whole = new Float32Array(seconds * sampleRate);
    for (let at = 0; at < whole.length; at += length) whole.set(excerpt.subarray(channel * length, channel * length + Math.min(length, whole.length - at)), at);
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
  /** Fetches stereo that lies at an address of this site as planar little-endian float32, and keeps it: the songs repeat it. */
  async fetchExcerpt(url: string): Promise<void> {
    excerpt = new Float32Array(await (await fetch(url)).arrayBuffer());
  },

  /** What became of the master that was begun; null while it goes on. */
  masterEnded: (): typeof ended => ended,
};
