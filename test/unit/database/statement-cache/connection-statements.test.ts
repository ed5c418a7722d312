import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConnectionStatements } from '../../../../src/database/statement-cache/connection-statements.js';
import type { PreparingConnection } from '../../../../src/database/source/query-source.interface.js';

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('prepares a statement again five minutes after it was prepared, however often it is used', () => {
  const closed: string[] = [];
  const connection = {
    hasPrepared: () => true,
    close: (name: string) => void closed.push(name),
  } as unknown as PreparingConnection;
  const statements = new ConnectionStatements(connection, 2);
  expect(statements.use('a')).toEqual({ execution: 1, isHit: false, hasEvicted: false });
  for (let minute = 1; minute < 5; minute += 1) {
    vi.advanceTimersByTime(MINUTE_MS);
    expect(statements.use('a')).toEqual({ execution: minute + 1, isHit: true, hasEvicted: false });
  }
  closed.length = 0;
  vi.advanceTimersByTime(MINUTE_MS);
  expect(statements.use('a')).toEqual({ execution: 1, isHit: false, hasEvicted: false });
  expect(closed).toEqual(['a']);
  expect(statements.use('a').isHit).toBe(true);
  expect(statements.size).toBe(1);
});
