import { channel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { listenToChannel } from '../../../../src/core/tool/channel.js';

const NAME = 'hyper-metrics.test';

it('listens until the end, and keeps errors of the listener from the process', async () => {
  const uncaught = vi.fn();
  process.on('uncaughtException', uncaught);
  const seen = vi.fn((message: { readonly value: number } | undefined) => {
    if (message?.value !== 1) throw new RangeError(`it is ${message?.value}`);
  });
  const failed = vi.fn();
  const end = listenToChannel(NAME, seen, failed);
  const endOther = listenToChannel(NAME, seen);
  for (const message of [{ value: 1 }, { value: 2 }, undefined]) {
    channel(NAME).publish(message);
  }
  await turn();
  expect(seen.mock.calls.map(([message]) => message?.value)).toEqual([1, 1, 2, 2, undefined, undefined]);
  expect(failed.mock.calls.map(([error]) => (error as Error).message)).toEqual([
    'it is 2',
    'it is undefined',
  ]);
  expect(uncaught).not.toHaveBeenCalled();
  process.off('uncaughtException', uncaught);

  end();
  endOther();
  expect(channel(NAME).hasSubscribers).toBe(false);
});
