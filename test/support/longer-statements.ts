import { vi } from 'vitest';
import { querySourceOf } from '../../src/database/drivers/query-source.js';
import type { Instrumentable } from '../../src/options/instrumentable.interface.js';

/**
 * Moves the clock of this process on in the middle of statements, so that which ones are slow does not depend on how busy the
 * machine is. The returned function ends it.
 *
 * @param byMs - by how much, for a statement's text
 */
export function lengthenStatements(target: Instrumentable, byMs: (text: string) => number): () => void {
  const now = performance.now.bind(performance);
  let addedMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + addedMs);
  const stop = querySourceOf(target).observeQueries({
    queryStarted: ({ text }) => {
      addedMs += byMs(text);
    },
    queryEnded: () => {},
    failed: () => {},
  });
  return () => {
    stop();
    clock.mockRestore();
  };
}
