/** One queue for everything that touches tfjs' global backend, so that suites, models and predictions never see each other's choice. */

let tail: Promise<unknown> = Promise.resolve();

/** Runs a task when all tasks queued before it have ended; its own failure does not stop the queue. */
export function exclusive<T>(task: () => T | Promise<T>): Promise<T> {
  const result = tail.then(task);
  tail = result.catch(() => undefined);
  return result;
}
