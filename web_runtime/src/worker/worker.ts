/** The worker: offers the studio's jobs, and hands results over without copying them. */

import { expose, transfer } from 'comlink';

import { type ReadSamples, type SourceShape, type Studio, studio } from './studio.js';

/** Progress is told in steps of a hundredth: each telling is a message. */
const STEP = 0.01;

type Job = (shapes: readonly SourceShape[], order: never, read: ReadSamples, tell: (done: number) => void) => Promise<object>;

const jobs = Object.entries(studio as Readonly<Record<keyof Studio, Job>>).map(([name, job]): [string, Job] => [
  name,
  async (shapes, order, read, tell) => {
    let told = 0;
    const tellSteps = (done: number): void => {
      if (done - told < STEP && done < 1) return;
      told = done;
      tell(done);
    };
    const readGivingBack: ReadSamples = (source, from, to, spent) => read(source, from, to, transfer(spent, spent.map(({ buffer }) => buffer)));
    const result = await job(shapes, order, readGivingBack, tellSteps);
    return transfer(result, buffersOf(result));
  },
]);

/** Memory that a result can part with: of its arrays of numbers, and of lists of such. */
function buffersOf(result: object): ArrayBuffer[] {
  const views = Object.values(result).flat().filter(ArrayBuffer.isView);
  return [...new Set(views.map(({ buffer }) => buffer as ArrayBuffer))];
}

expose(Object.fromEntries(jobs));
// Says that the script has loaded.
postMessage('ready');
