/** The long computations that run off the main thread, in the form in which a worker offers them. */

import { type Mastered, master, type Order } from '../mastering/master.js';
import type { AudioSource, Tell } from '../mastering/source.js';
import { mix, type MixedJob, type MixOrder } from '../mixing/job.js';

/** Shape of a source whose samples stay where they are. */
export type SourceShape = Omit<AudioSource, 'read'>;

/** Reads copies of samples of one of a job's sources, by its place; see {@link AudioSource.read}. */
export type ReadSamples = (source: number, from: number, to: number, spent: readonly Float32Array[]) => Float32Array[] | Promise<Float32Array[]>;

/** The jobs: each takes the shapes of its sources, an order, a way to read samples and one to tell progress. */
export const studio = {
  /** Masters the first source, towards the second one where there are two. */
  master(shapes: readonly SourceShape[], order: Order, read: ReadSamples, tell: Tell): Promise<Mastered> {
    const [source, reference] = sourcesOf(shapes, read);
    return master(source!, reference ?? null, order, tell);
  },

  /** Mixes the sources, the last of which may be a reference. */
  mix(shapes: readonly SourceShape[], order: MixOrder, read: ReadSamples, tell: Tell): Promise<MixedJob> {
    return mix(sourcesOf(shapes, read), order, tell);
  },
};

/** What a worker offers. */
export type Studio = typeof studio;

function sourcesOf(shapes: readonly SourceShape[], read: ReadSamples): AudioSource[] {
  return shapes.map((shape, index) => ({ ...shape, read: async (from, to, spent = []) => read(index, from, to, spent) }));
}
