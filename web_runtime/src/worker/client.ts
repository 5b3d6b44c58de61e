/**
 * Runs a job of the studio in a worker of its own, which reads the samples from this thread piece by piece: no song is copied whole, and
 * ending the worker cancels the job and frees all it held. Where workers can't be had (Node, or a script that does not load), the job
 * runs here, with pauses.
 */

import { proxy, type Remote, transfer, wrap } from 'comlink';

import type { MultichannelAudio } from '../audio/input.js';
import { copiesOf } from '../mastering/source.js';
import type { SourceShape, Studio } from './studio.js';

/** How a job is followed. */
export interface JobOptions {
  /** Told how much is done, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Cancels the job, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

type Arguments<Name extends keyof Studio> = Parameters<Studio[Name]>;
type Answer<Name extends keyof Studio> = Awaited<ReturnType<Studio[Name]>>;

/** Runs a job on some audio, which stays as it is. */
export async function runJob<Name extends keyof Studio>(
  name: Name,
  audio: readonly MultichannelAudio[],
  order: Arguments<Name>[1],
  { onProgress, signal }: JobOptions,
): Promise<Answer<Name>> {
  signal?.throwIfAborted();
  const shapes = audio.map(({ channels, sampleRate }): SourceShape => ({ sampleRate, channelCount: channels.length, frames: channels[0]!.length }));
  const read = (source: number, from: number, to: number, spent: readonly Float32Array[]): Float32Array<ArrayBuffer>[] =>
    copiesOf(audio[source]!.channels, from, to, spent);
  const worker = await startWorker();
  if (worker === null) {
    const { studio } = await import('./studio.js');
    const tell = (done: number): void => {
      signal?.throwIfAborted();
      onProgress?.(done);
    };
    return studio[name](shapes, order as never, read, tell) as Promise<Answer<Name>>;
  }
  const readAndTransfer = (source: number, from: number, to: number, spent: readonly Float32Array[]): Float32Array[] => {
    const samples = read(source, from, to, spent);
    return transfer(samples, samples.map(({ buffer }) => buffer));
  };
  const remote = wrap<Studio>(worker) as Remote<Studio>;
  let cancel = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(signal!.reason as Error);
  });
  signal?.addEventListener('abort', cancel);
  try {
    signal?.throwIfAborted(); // it may have come while the worker started
    const job = remote[name] as unknown as (...args: unknown[]) => Promise<Answer<Name>>;
    const answer = job(shapes, order, proxy(readAndTransfer), proxy((done: number) => onProgress?.(done)));
    return await Promise.race([answer, cancelled]);
  } finally {
    signal?.removeEventListener('abort', cancel);
    worker.terminate();
  }
}

/** A worker that answers; null where there is none to be had. */
function startWorker(): Promise<Worker | null> {
  if (typeof Worker === 'undefined') return Promise.resolve(null);
  const started = new Promise<Worker | null>((resolve) => {
    // Written in one expression: so bundlers find the script.
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', () => resolve(worker), { once: true });
    worker.addEventListener('error', () => resolve(null), { once: true });
  });
  // A page's policy may refuse the script at once.
  return started.catch(() => null);
}
