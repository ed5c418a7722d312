import { MethodHook } from '../../core/tool/method-hook.js';
import { nowMs, secondsSince } from '../../core/tool/stopwatch.js';
import { activeScope, callBackIn } from '../../request-scope/request-scope.js';
import { Observers, tell } from '../source/observers.js';
import type {
  AcquireResult,
  OwnConnection,
  PoolObserver,
  PoolState,
  Probe,
  QueryObserver,
  QuerySource,
  StatementNamer,
  WatchedPool,
} from '../source/query-source.interface.js';
import { type Acquire, failureOf } from './acquire.js';
import { withOwnConnection } from './own-connection.js';
import { ClientHook, type ClientOwner } from './client-hook.js';
import { NamerSlot } from './namer-slot.js';
import type { PgClient, PgPool } from './pg.interface.js';
import { probePool } from './probe.js';

const hooks = new WeakMap<PgPool, PoolHook>();

/**
 * The one hook on a pool of pg and on its clients. In place as long as somebody watches; what was wrapped by others in the
 * meantime stays, and passes calls on.
 */
export class PoolHook implements QuerySource, WatchedPool, ClientOwner {
  readonly kind = 'pool';
  readonly hasPools = true;
  private readonly clients = new Map<PgClient, ClientHook>();
  private readonly queries = new Observers<QueryObserver>(() => this.watchOrLeave());
  private readonly connections = new Observers<PoolObserver>(
    () => this.watchOrLeave(),
    // Each observer by itself: what it was told to be opened less what it was told to be closed is what it sees open.
    (observer) => tell([observer], () => observer.connectionsOpened(this.clients.size)),
    (observer) => tell([observer], () => observer.connectionsClosed(this.clients.size)),
  );
  private readonly naming = new NamerSlot(
    this,
    () => this.watchOrLeave(),
    () => this.pool.Client,
  );
  /** The data source whose pool it is. */
  source: QuerySource = this;
  /** Whether anybody is to be told of anything. Else statements only get their names. */
  isObserved = false;
  private isWatching = false;
  private readonly method: MethodHook<PgPool, 'connect'>;

  private constructor(private readonly pool: PgPool) {
    const connect = this.connect.bind(this);
    this.method = new MethodHook(pool, 'connect', (original) => {
      return function connectAndTell(this: PgPool, ...args: unknown[]) {
        return connect(this, original, args);
      };
    });
  }

  /** The hook of a pool: always the same one. */
  static of(pool: PgPool): PoolHook {
    let hook = hooks.get(pool);
    if (hook === undefined) {
      hook = new PoolHook(pool);
      hooks.set(pool, hook);
    }
    return hook;
  }

  get queryObservers(): readonly QueryObserver[] {
    return this.queries.list;
  }

  get namer(): StatementNamer | undefined {
    return this.naming.current;
  }

  pools(): readonly WatchedPool[] {
    return this.isClosed ? [] : [this];
  }

  observeQueries(observer: QueryObserver): () => void {
    return this.queries.add(observer);
  }

  observePools(observer: PoolObserver): () => void {
    return this.connections.add(observer);
  }

  nameStatements(namerFor: (pool: WatchedPool) => StatementNamer): () => void {
    return this.naming.offer(namerFor);
  }

  beforeDestroy(): () => void {
    return () => {};
  }

  get isClosed(): boolean {
    return this.pool.ending === true || this.pool.ended === true;
  }

  get hasEnded(): boolean {
    return this.pool.ended === true;
  }

  get state(): PoolState {
    const { totalCount, idleCount, waitingCount, options } = this.pool;
    return {
      capacity: options.max ?? totalCount,
      inUse: totalCount - idleCount,
      idle: idleCount,
      open: this.clients.size,
      waiting: waitingCount,
      pinned: [...this.clients.values()].filter(({ isPinned }) => isPinned).length,
    };
  }

  withOwnConnection<T>(timeoutMs: number, work: (connection: OwnConnection) => Promise<T>): Promise<T> {
    return withOwnConnection(this.pool, timeoutMs, work);
  }

  probe(): Probe {
    return probePool(
      this.pool,
      (callback) => void this.method.original.call(this.pool, callback),
      (client, text, callback) => this.sendUnobserved(client, text, callback),
    );
  }

  private watchOrLeave(): void {
    this.isObserved = this.queries.list.length + this.connections.list.length > 0;
    const isWanted = this.isObserved || this.namer !== undefined;
    if (isWanted !== this.isWatching) {
      this.isWatching = isWanted;
      if (isWanted) {
        this.watch();
      } else {
        this.leave();
      }
    }
  }

  private watch(): void {
    const { pool } = this;
    this.method.putIn();
    pool.on('connect', this.onConnect);
    pool.on('acquire', this.onAcquire);
    pool.on('release', this.onRelease);
    pool.on('remove', this.onRemove);
    const idle = new Set(pool._idle?.map(({ client }) => client));
    // One that the pool has not handed out yet is on its way: 'connect' will tell of it.
    const open = new Set(pool._clients?.filter(({ release }) => release !== undefined));
    for (const client of this.clients.keys()) {
      if (!open.has(client)) {
        this.clients.delete(client);
      }
    }
    for (const client of open) {
      const hook = this.clients.get(client) ?? this.adopt(client);
      hook.install(!idle.has(client));
      hook.isNew = false;
    }
  }

  private leave(): void {
    const { pool } = this;
    this.method.takeOut();
    pool.removeListener('connect', this.onConnect);
    pool.removeListener('acquire', this.onAcquire);
    pool.removeListener('release', this.onRelease);
    pool.removeListener('remove', this.onRemove);
    for (const [client, hook] of this.clients) {
      if (hook.uninstall()) {
        this.clients.delete(client);
      }
    }
  }

  /** Tells of a client that was not known. */
  private hookOf(client: PgClient): ClientHook {
    const known = this.clients.get(client);
    if (known !== undefined) {
      return known;
    }
    const hook = this.adopt(client);
    tell(this.connections.list, (observer) => observer.connectionsOpened(1));
    return hook;
  }

  private adopt(client: PgClient): ClientHook {
    const hook = new ClientHook(client, this);
    hook.install(false);
    this.clients.set(client, hook);
    return hook;
  }

  /** Without a hook on a client where nobody watches. */
  private sendUnobserved(client: PgClient, text: string, callback: (error?: unknown) => void): void {
    const hook = this.clients.get(client);
    if (hook === undefined) {
      client.query(text, callback);
    } else {
      hook.unobserved(text, callback);
    }
  }

  private readonly onConnect = (client: PgClient): void => {
    this.hookOf(client);
  };

  /** Also for those who began to wait before we came, and past our hook. */
  private readonly onAcquire = (client: PgClient): void => {
    this.hookOf(client).checkedOut();
  };

  private readonly onRelease = (_error: unknown, client: PgClient): void => {
    this.clients.get(client)?.released();
  };

  private readonly onRemove = (client: PgClient): void => {
    const hook = this.clients.get(client);
    if (hook !== undefined) {
      this.clients.delete(client);
      hook.closed();
      tell(this.connections.list, (observer) => observer.connectionsClosed(1));
    }
  };

  /** Pools of classes of the application's own may take further arguments, and answer what they like. */
  private connect(pool: PgPool, original: PgPool['connect'], args: unknown[]): unknown {
    if (!this.isWatching) {
      this.method.takeOut();
    }
    if (!this.isObserved) {
      return original.apply(pool, args);
    }
    const scope = activeScope();
    const { totalCount, idleCount, waitingCount, options } = this.pool;
    const acquire = {
      startedAtMs: nowMs(),
      wasIdle: idleCount > waitingCount,
      mayOpen: totalCount < (options.max ?? 0),
      origin: scope?.takeOrigin(),
    };
    const position =
      typeof args[0] === 'function' ? 0 : args.findIndex((argument) => typeof argument === 'function');
    if (position >= 0) {
      const callback = args[position] as (...results: unknown[]) => unknown;
      args[position] = (...results: unknown[]) => {
        this.settled(acquire, results[0], results[1] as PgClient | undefined);
        return callBackIn(scope, () => callback(...results));
      };
      return original.apply(pool, args);
    }
    const result = original.apply(pool, args);
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      return result;
    }
    return (result as PromiseLike<PgClient>).then(
      (client) => {
        this.settled(acquire, undefined, client);
        return client;
      },
      (error: unknown) => {
        this.settled(acquire, error, undefined);
        throw error;
      },
    );
  }

  private settled(acquire: Acquire, error: unknown, client: PgClient | undefined): void {
    if (!this.isWatching) {
      return;
    }
    const result = client === undefined ? failureOf(error) : this.handOut(acquire, client);
    const durationSeconds = secondsSince(acquire.startedAtMs);
    for (const observer of this.connections.list) {
      try {
        observer.acquired(result, durationSeconds);
      } catch (fault) {
        observer.failed(fault);
      }
    }
  }

  /** What is handed out need not be the client: a pool's class may wrap it. Only the pool's own events tell of clients. */
  private handOut({ wasIdle, mayOpen, origin }: Acquire, client: PgClient): AcquireResult {
    const hook = this.clients.get(client);
    if (hook === undefined) {
      return wasIdle ? 'idle' : mayOpen ? 'created' : 'waited';
    }
    const { isNew } = hook;
    // Again: what the pool itself has sent since (`verify`) is not its owner's.
    hook.checkedOut(origin);
    hook.isNew = false;
    return isNew ? 'created' : wasIdle ? 'idle' : 'waited';
  }
}
