import { describe, expect, it, vi } from 'vitest';
import type { Instrumentable } from '../../../../src/options/instrumentable.interface.js';
import type {
  ObservedQuery,
  QueryObserver,
  QuerySource,
} from '../../../../src/database/source/query-source.interface.js';
import { QueryTimer } from '../../../../src/database/query/query-timer.js';
import { Subscriptions } from '../../../../src/core/tool/subscriptions.js';

const QUERY = { text: 'SELECT 1', startedAtMs: 0 } as ObservedQuery;

/** A timer of a source that does as it is told. */
function setUp() {
  const observers = new Set<QueryObserver>();
  const source = {
    kind: 'fake',
    hasPools: false,
    pools: () => [],
    observeQueries: (observer: QueryObserver) => {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    observePools: () => () => {},
  } as unknown as QuerySource;
  const sources = new Subscriptions<QuerySource>();
  sources.add(source);
  const timer = new QueryTimer(sources, { thresholdMs: 10 }).install();
  return {
    timer,
    observers,
    start: () => observers.forEach((observer) => observer.queryStarted?.(QUERY)),
    end: (durationMs = 1, error?: unknown) =>
      observers.forEach((observer) => observer.queryEnded(QUERY, durationMs, error)),
  };
}

it('adds up what ended, and counts as slow what took longer than the threshold', () => {
  const { timer, start, end } = setUp();
  expect(timer.getStats()).toEqual({
    queries: 0,
    errors: 0,
    slowQueries: 0,
    totalDurationMs: 0,
    averageDurationMs: 0,
    inFlight: 0,
  });
  [10, 10.5, 3.5].forEach((durationMs, index) => {
    start();
    end(durationMs, index === 0 ? new Error('failed') : undefined);
  });
  start();
  expect(timer.getStats()).toEqual({
    queries: 3,
    errors: 1,
    slowQueries: 1,
    totalDurationMs: 24,
    averageDurationMs: 8,
    inFlight: 1,
  });
});

it('observes a source once, and not when it is uninstalled', () => {
  const { timer, observers } = setUp();
  timer.install();
  expect(observers.size).toBe(1);
  timer.uninstall();
  timer.uninstall();
  expect(observers.size).toBe(0);
});

describe('drain()', () => {
  it('gives up at its limit though there is a moment between any two queries', async () => {
    const { timer, start, end } = setUp();
    const stop = new AbortController();
    start();
    setImmediate(function next() {
      end();
      if (!stop.signal.aborted) {
        start();
        setImmediate(next);
      }
    });
    expect(await timer.drain(20)).toBe(false);
    stop.abort();
    expect(await timer.drain(1000)).toBe(true);
  });

  it('ends under the fake timers of a test, whose application waits for it when it closes', async () => {
    const { timer } = setUp();
    vi.useFakeTimers();
    try {
      expect(await timer.drain(1000)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

it.each([-1, Number.NaN, '100', null])('refuses a threshold of %j', (thresholdMs) => {
  expect(() => new QueryTimer([], { thresholdMs: thresholdMs as number })).toThrow(
    /^thresholdMs of a QueryTimer is .*; allowed: a number of milliseconds of at least 0\.$/,
  );
});

it.each([{}, null, 'postgres://', { isInitialized: true }])('refuses to time %j', (target) => {
  expect(() => new QueryTimer(target as unknown as Instrumentable)).toThrow('cannot be watched; allowed:');
});
