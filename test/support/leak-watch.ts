import type { Pool } from 'pg';

/** What must be the same before and after something that is to leave nothing behind. */
export interface Footprint {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
  /** By name of the event, on the pool and on its clients. */
  readonly poolListeners: Readonly<Record<string, number>>;
  readonly clientListeners: readonly Readonly<Record<string, number>>[];
  /** Sockets, and what is on its way to one. */
  readonly resources: Readonly<Record<string, number>>;
}

interface PoolInside extends Pool {
  readonly _clients: readonly NodeJS.EventEmitter[];
}

export function footprintOf(pool: Pool): Footprint {
  const { _clients: clients } = pool as PoolInside;
  return {
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
    poolListeners: listenersOf(pool),
    clientListeners: clients.map(listenersOf),
    resources: openResources(),
  };
}

/** Timers are left out: the test runner has some of its own, and ours keep no process alive. */
function openResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { TCPSocketWrap: 0, TCPConnectWrap: 0, GetAddrInfoReqWrap: 0 };
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind in counts) {
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  return counts;
}

function listenersOf(emitter: NodeJS.EventEmitter): Readonly<Record<string, number>> {
  return Object.fromEntries(
    emitter
      .eventNames()
      .map((event) => [String(event), emitter.listenerCount(event)] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

/** Collects what would end a process, until it is told to stop. */
export class FatalErrors {
  private readonly seen: unknown[] = [];
  private readonly add = (error: unknown): void => {
    this.seen.push(error);
  };

  static watch(): FatalErrors {
    const errors = new FatalErrors();
    process.on('unhandledRejection', errors.add);
    process.on('uncaughtException', errors.add);
    return errors;
  }

  throwAny(): void {
    if (this.seen.length > 0) {
      throw new AggregateError(this.seen, 'This would have ended the process.');
    }
  }

  stop(): void {
    process.off('unhandledRejection', this.add);
    process.off('uncaughtException', this.add);
  }
}
