/** Random numbers and hashes of 32 bits that are the same as those of `keras_models/content_random.py`. */

/** MurmurHash3's finalizer (Appleby, public domain): every bit of the input changes half of the output's. */
export function mixed(value: number): number {
  let mix = value >>> 0;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b) >>> 0;
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35) >>> 0;
  return (mix ^ (mix >>> 16)) >>> 0;
}

/** FNV-1a over the code points of a text (Fowler, Noll, Vo). */
export function hashed(text: string): number {
  return hashedPoints(codePoints(text));
}

/** FNV-1a over code points. */
export function hashedPoints(points: readonly number[]): number {
  let value = 2166136261;
  for (const point of points) value = Math.imul(value ^ point, 16777619) >>> 0;
  return value;
}

/** The code points of a text. */
export function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** Counter-based: the n-th number of a seed and stream hangs on nothing else. */
export class Random {
  private readonly key: number;
  private count = 0;

  constructor(seed: number, stream: number) {
    this.key = mixed(seed ^ mixed(stream + 0x9e3779b9));
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.count += 1;
    return mixed(this.key ^ mixed(this.count)) % limit;
  }

  /** A place, as likely as its weight, whole numbers above 0. */
  weighted(weights: readonly number[]): number {
    let left = this.below(weights.reduce((total, weight) => total + weight, 0));
    return weights.findIndex((weight) => (left -= weight) < 0);
  }
}
