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

/** Channels of what songs are made of. */
let excerpt: readonly Float32Array[] = [];
let ended: Ended | { readonly error: string } | null = null;

/** Makes a song, and begins to master it. */
export function beginMaster(suite: Suite, { sampleRate, seconds }: Song, target: Preset): void {
  const channels = excerpt.map((part) => {
    const whole = new Float32Array(seconds * sampleRate);
    for (let at = 0; at < whole.length; at += part.length) whole.set(part.subarray(0, whole.length - at), at);
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
    const planar = new Float32Array(await (await fetch(url)).arrayBuffer());
    excerpt = [planar.subarray(0, planar.length / 2), planar.subarray(planar.length / 2)];
  },

  /** What became of the master that was begun; null while it goes on. */
  masterEnded: (): typeof ended => ended,
};
