/** Rounds to integers with triangular noise of two steps' width, which turns the rounding error into a constant, signal-free hiss. */

/** Numbers of a fixed sequence in [0, 1): the same audio is dithered alike every time (Mulberry32 by T. Ettinger, public domain). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Turns samples into integers of a bit depth, with TPDF dither from a fixed seed. */
export class Dither {
  private readonly random = sequence(1);
  private readonly scale: number;

  constructor(bitDepth: number) {
    this.scale = 2 ** (bitDepth - 1);
  }

  /** The dithered integer of a sample, clipped to the range. */
  quantize(sample: number): number {
    const noise = this.random() - this.random();
    const value = Math.round(sample * this.scale + noise);
    return value >= this.scale ? this.scale - 1 : value < -this.scale ? -this.scale : value;
  }
}
