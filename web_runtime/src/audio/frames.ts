/** Feature frames over time, row after row in one array, so that a whole song is one allocation and a frame is a view. */

/** A matrix [count, size]: frame `i` is `values[i * size .. (i + 1) * size - 1]`. */
export interface Frames {
  readonly values: Float32Array;
  /** How many frames. */
  readonly count: number;
  /** Values of a frame: mel bands, coefficients, pitch classes. */
  readonly size: number;
}

/** Frames of zeros. */
export function emptyFrames(count: number, size: number): Frames {
  return { values: new Float32Array(count * size), count, size };
}

/** One frame, a view. */
export function frameOf({ values, size }: Frames, index: number): Float32Array {
  return values.subarray(index * size, (index + 1) * size);
}

/** Frames whose number is not known beforehand: memory doubles as they come. */
export class GrowingFrames {
  private values: Float32Array;
  private count = 0;

  constructor(readonly size: number) {
    this.values = new Float32Array(64 * size);
  }

  /** A view of the next frame, to be filled before the next call. */
  next(): Float32Array {
    const start = this.count++ * this.size;
    if (start === this.values.length) {
      const grown = new Float32Array(2 * start);
      grown.set(this.values);
      this.values = grown;
    }
    return this.values.subarray(start, start + this.size);
  }

  /** All frames so far, a view. */
  get frames(): Frames {
    return { values: this.values.subarray(0, this.count * this.size), count: this.count, size: this.size };
  }
}
