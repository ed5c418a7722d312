import { nowMs } from '../../core/tool/stopwatch.js';
import { activeScope, callBackIn, type Origin } from '../../request-scope/request-scope.js';
import type { AcquireResult, ConnectionUse, ObservedAcquire } from '../source/query-source.interface.js';
import type { PgClient, PgPool } from './pg.interface.js';

/** Is told how an acquire ended, before the application is. */
export interface AcquireOwner {
  acquired(acquire: Acquire, error: unknown, client: PgClient | undefined): void;
}

/** Messages of the timeouts of the pool (at its maximum size, and while connecting) and of its clients; they have no code. */
const TIMEOUT =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired)$/;

/** A request for a connection that is under way, and the use of the connection that it gets. */
export class Acquire implements ConnectionUse, ObservedAcquire {
  readonly startedAtMs = nowMs();
  readonly scope = activeScope();
  readonly origin: Origin | undefined;
  readonly beganEarlier = false;
  checkedOutAtMs = this.startedAtMs;
  processId: number | null = null;
  private readonly wasIdle: boolean;
  private readonly mayOpen: boolean;

  /** @param origin - the code that sent the request, if an observer of the pool has taken it */
  constructor({ totalCount, idleCount, waitingCount, options }: PgPool, origin: Origin | undefined) {
    const originForScope = this.scope?.takeOrigin();
    this.origin = origin ?? originForScope;
    this.wasIdle = idleCount > waitingCount;
    this.mayOpen = totalCount < (options.max ?? 0);
  }

  /** Calls the pool's `connect`. A pool of an application's class may take further arguments, and return anything. */
  send(owner: AcquireOwner, pool: PgPool, connect: PgPool['connect'], args: unknown[]): unknown {
    const position =
      typeof args[0] === 'function' ? 0 : args.findIndex((argument) => typeof argument === 'function');
    if (position >= 0) {
      const callback = args[position] as (...results: unknown[]) => unknown;
      // The name is looked for on stacks; see `takeLocation()`.
      const connectionHandedOver = (...results: unknown[]): unknown => {
        owner.acquired(this, results[0], results[1] as PgClient | undefined);
        return callBackIn(this.scope, callback, undefined, results, this.hadToWait);
      };
      args[position] = connectionHandedOver;
      return connect.apply(pool, args);
    }
    const result = connect.apply(pool, args);
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      return result;
    }
    return (result as PromiseLike<PgClient>).then(
      (client) => {
        owner.acquired(this, undefined, client);
        return client;
      },
      (error: unknown) => {
        owner.acquired(this, error, undefined);
        throw error;
      },
    );
  }

  /** Whether the callback is called when other code has released the connection, and in that code's context. */
  private get hadToWait(): boolean {
    return !this.wasIdle && !this.mayOpen;
  }

  /** @param isNew - whether the connection was never handed out before; `undefined` when that is unknown */
  successBy(isNew: boolean | undefined): AcquireResult {
    if (isNew === true || (isNew === undefined && !this.wasIdle && this.mayOpen)) {
      return 'created';
    }
    return this.wasIdle ? 'idle' : 'waited';
  }

  failureBy(error: unknown): AcquireResult {
    return error instanceof Error && TIMEOUT.test(error.message) ? 'timeout' : 'error';
  }
}
