import { expect, it } from 'vitest';

import { exclusive } from '../src/queue.js';

it('runs tasks one at a time, in order, past a failing one', async () => {
  const events: string[] = [];
  const task = (name: string, fails: boolean) => async (): Promise<void> => {
    events.push(`${name} starts`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    events.push(`${name} ends`);
    if (fails) throw new Error(name);
  };
  const results = await Promise.allSettled([exclusive(task('a', false)), exclusive(task('b', true)), exclusive(task('c', false))]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
});
