/** What is called of music-tempo, which brings no types. */

declare module 'music-tempo' {
  export default class MusicTempo {
    /** At 44,100 Hz; throws where it finds no tempo. */
    constructor(samples: Float32Array);
    readonly tempo: number | string;
  }
}
