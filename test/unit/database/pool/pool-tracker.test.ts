import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PoolMetrics } from '../../../../src/database/pool/pool-metrics.js';
import { PoolTracker } from '../../../../src/database/pool/pool-tracker.js';
import type {
  ConnectionUse,
  PoolObserver,
  QuerySource,
} from '../../../../src/database/source/query-source.interface.js';
import { registryOf } from '../../../../src/registry/default-registry.js';
import { RegistryLease } from '../../../../src/registry/registry-lease.js';
import { RequestScope } from '../../../../src/request-scope/request-scope.js';
import { sampleValue } from '../../../../src/service/sample-value.js';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-29T10:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A source whose pool hands out connections as the test says. */
class FakeSource {
  readonly hasPools = true;
  readonly observers = new Set<PoolObserver>();
  private readonly held: ConnectionUse[] = [];

  uses(): readonly ConnectionUse[] {
    return this.held;
  }

  observePools(observer: PoolObserver): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  checkOut(details: Partial<ConnectionUse> = {}): ConnectionUse {
    const use: ConnectionUse = {
      checkedOutAtMs: performance.now(),
      beganEarlier: false,
      scope: undefined,
      origin: undefined,
      processId: 4711,
      ...details,
    };
    this.held.push(use);
    return use;
  }

  release(use: ConnectionUse): void {
    this.held.splice(this.held.indexOf(use), 1);
    for (const observer of this.observers) {
      observer.released?.(use, (performance.now() - use.checkedOutAtMs) / 1000);
    }
  }
}

const NO_THRESHOLD = null;

function setUp(leakThresholdMs: number | null = 1000) {
  const source = new FakeSource();
  const lease = new RegistryLease(registryOf(new Registry(), 'x_'));
  const metrics = new PoolMetrics(lease, () => {});
  const warnings: string[] = [];
  const faults: unknown[] = [];
  const tracker = new PoolTracker(
    leakThresholdMs ?? undefined,
    { log: () => {}, warn: (line) => void warnings.push(line) },
    (error) => void faults.push(error),
  );
  const stop = tracker.watch(source as unknown as QuerySource, metrics);
  const counted = async () => sampleValue(await lease.gather(), 'x_db_pool_leaks_suspected_total', {});
  return { source, metrics, tracker, stop, warnings, faults, counted };
}

describe('the tracker of pools', () => {
  it('suspects a use when its time is over, and not before', async () => {
    const { source, tracker, warnings, counted } = setUp();
    vi.advanceTimersByTime(700);
    source.checkOut({ origin: () => 'src/books.ts:3:5' });
    vi.advanceTimersByTime(999);
    expect(tracker.getStats().leaksSuspected).toBe(0);
    vi.advanceTimersByTime(1);
    expect(tracker.getStats()).toMatchObject({ leaksSuspected: 1, held: [{ isLeakSuspected: true }] });
    expect(warnings).toEqual([
      'Suspected connection leak: the application has held a database connection for 1.0 s, since ' +
        '2026-11-29T10:00:00.700Z (backend process 4711)\n  requested at src/books.ts:3:5. Release it in a finally block, or ' +
        'raise pools.leakThresholdMs (1000) above your longest use.',
    ]);
    vi.advanceTimersByTime(60_000);
    expect(warnings).toHaveLength(1);
    expect(await counted()).toBe(1);
  });

  it('suspects each of several uses at its own time', () => {
    const { source, tracker } = setUp();
    const times = [0, 10, 300, 310, 999, 1000, 1001, 1700];
    const found: number[] = [];
    for (let ms = 0; ms < 4000; ms += 1) {
      times.filter((time) => time === ms).forEach(() => source.checkOut());
      vi.advanceTimersByTime(1);
      while (found.length < tracker.getStats().leaksSuspected) {
        found.push(ms + 1);
      }
    }
    expect(found).toEqual(times.map((time) => time + 1000));
  });

  it('withdraws a warning when the connection is released, and says nothing of those released in time', () => {
    const { source, tracker, warnings } = setUp();
    const [leak, other] = [source.checkOut(), source.checkOut()];
    vi.advanceTimersByTime(500);
    source.release(other);
    expect(warnings).toEqual([]);
    vi.advanceTimersByTime(1000);
    source.release(leak);
    expect(warnings.slice(1)).toEqual([
      'No connection leak: the application has released its database connection after 1.5 s (backend process 4711), ' +
        'requested at an unknown location.',
    ]);
    expect(tracker.getStats()).toEqual({ leaksSuspected: 1, held: [] });
  });

  it('names a request by its route once it has ended, a unit of work by its name', () => {
    const { source, tracker, warnings } = setUp();
    const [ended, running, work] = [new RequestScope({}), new RequestScope({}), new RequestScope({}, 'work')];
    ended.end('/books/:id', 'GET');
    const uses = [ended, running, work].map((scope) => source.checkOut({ scope }));
    // Untyped code may give any name.
    (work as { name: unknown }).name = 7;
    vi.advanceTimersByTime(1000);
    running.end('/authors', 'POST');
    work.name = 'nightly\n\u001b[31mreport';
    uses.forEach((use) => source.release(use));
    expect(warnings.map((line) => /leak: (.*?) has (held|released)/s.exec(line)?.[1])).toEqual([
      'GET /books/:id',
      'a request that has not ended',
      'a unit of work',
      'GET /books/:id',
      'POST /authors',
      'nightly  [31mreport',
    ]);
    source.checkOut({ scope: ended });
    expect(tracker.getStats().held).toMatchObject([{ route: '/books/:id', method: 'GET' }]);
  });

  it('lists the longest held first, also without a threshold', () => {
    const { source, tracker, warnings } = setUp(NO_THRESHOLD);
    source.checkOut({ processId: 2, checkedOutAtMs: performance.now() - 10 });
    source.checkOut({ processId: null });
    source.checkOut({ processId: 1, checkedOutAtMs: performance.now() - 5000, beganEarlier: true });
    expect(tracker.getStats()).toEqual({
      leaksSuspected: 0,
      held: [
        expect.objectContaining({
          processId: 1,
          since: new Date('2026-11-29T09:59:55Z'),
          heldMs: 5000,
          beganEarlier: true,
        }),
        expect.objectContaining({ processId: 2, heldMs: 10 }),
        expect.objectContaining({ processId: undefined, heldMs: 0, isLeakSuspected: false }),
      ],
    });
    expect({ timers: vi.getTimerCount(), observers: source.observers.size, warnings }).toEqual({
      timers: 0,
      observers: 0,
      warnings: [],
    });
  });

  it('warns of ten leaks a minute at most, and counts all', async () => {
    const { source, tracker, warnings, counted } = setUp();
    const uses = Array.from({ length: 13 }, () => source.checkOut());
    vi.advanceTimersByTime(1000);
    expect({ warnings: warnings.length, suspected: tracker.getStats().leaksSuspected }).toEqual({
      warnings: 10,
      suspected: 13,
    });
    expect(await counted()).toBe(13);
    uses.forEach((use) => source.release(use));
    expect(warnings.filter((line) => line.startsWith('No connection leak'))).toHaveLength(10);
    vi.advanceTimersByTime(60_000);
    source.checkOut();
    vi.advanceTimersByTime(1000);
    expect(warnings.at(-1)).toMatch(
      /longest use\. \(3 further connections were suspected without a warning\)$/,
    );
  });

  it('has no timer and no observer while it watches nothing', () => {
    const { source, stop, tracker, metrics, faults } = setUp();
    expect({ timers: vi.getTimerCount(), observers: source.observers.size }).toEqual({
      timers: 1,
      observers: 1,
    });
    const stopOther = tracker.watch(new FakeSource() as unknown as QuerySource, metrics);
    expect(vi.getTimerCount()).toBe(1);
    source.checkOut();
    stop();
    vi.advanceTimersByTime(5000);
    expect(tracker.getStats()).toEqual({ leaksSuspected: 0, held: [] });
    stopOther();
    expect({ timers: vi.getTimerCount(), observers: source.observers.size }).toEqual({
      timers: 0,
      observers: 0,
    });
    expect(faults).toEqual([]);
  });

  it('reports a pool that cannot be read, and looks again', () => {
    const { source, tracker, faults } = setUp();
    const uses = vi.spyOn(source, 'uses').mockImplementation(() => {
      throw new Error('not today');
    });
    source.checkOut();
    vi.advanceTimersByTime(1000);
    expect(faults).toEqual([new Error('not today')]);
    uses.mockRestore();
    vi.advanceTimersByTime(1000);
    expect(tracker.getStats().leaksSuspected).toBe(1);
  });
});
