import { afterEach, expect, it, vi } from 'vitest';
import { PendingAnswers } from '../../../src/cluster/pending-answers.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('sends no further request after one was late, even if its timer fired early by the clock', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(0);
  const answers = new PendingAnswers<string>();
  const sent: number[] = [];
  const ask = (withinMs: number) => answers.ask(withinMs, (id) => void sent.push(id));

  expect(await ask(20)).toBeUndefined();
  expect(await ask(20)).toBeUndefined();
  expect(sent).toEqual([1]);

  // A more patient one may still get its answer.
  const patient = ask(60_000);
  expect(sent).toEqual([1, 2]);
  answers.settle(2, 'all');
  expect(await patient).toBe('all');
});
