/** The shape that all streaming blocks share, so that a chain is a list of them. */

/** Changes audio in place, chunk after chunk; what it remembers of earlier chunks makes the cut invisible. */
export interface Processor {
  /**
   * Processes the next chunk in place.
   *
   * @param chunk - One array per channel, of any one length.
   */
  process(chunk: readonly Float32Array[]): void;
  /** Forgets all earlier chunks. */
  reset(): void;
}
