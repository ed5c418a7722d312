import { MethodHook } from '../../core/tool/method-hook.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { shared, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type {
  ConnectionUse,
  OwnConnection,
  PoolObserver,
  PoolState,
  Probe,
  QueryObserver,
  QuerySource,
  StatementNamer,
  WatchedPool,
} from '../source/query-source.interface.js';
import { Acquire, type AcquireOwner } from './acquire.js';
import { ClientHook, type ClientOwner } from './client-hook.js';
import { isOldPg, OLD_PG } from './client-statements.js';
import { withOwnConnection } from './own-connection.js';
import { sendOwnStatement } from './own-statement.js';
import type { PgClient, PgPool } from './pg.interface.js';
import { PoolObservers } from './pool-observers.js';
import { probePool } from './probe.js';
import { silentRelease } from './silent-release.js';

type NamerFor = (pool: WatchedPool) => StatementNamer;

/** By the pool's own options, which a proxy of the pool has too. */
const hooks = new WeakMap<object, PoolHook>();

/**
 * The one hook on a pool of pg and on its clients. Installed while there are observers or namers. Wrappers that other
 * libraries put over it in the meantime stay, and it passes calls on.
 */
export class PoolHook implements QuerySource, WatchedPool, ClientOwner, AcquireOwner {
  readonly kind = 'pool';
  readonly hasPools = true;
  private readonly clients = new Map<PgClient, ClientHook>();
  private readonly queries = new Subscriptions<QueryObserver>();
  private readonly connections = new PoolObservers();
  /** The first one names the statements; when it is removed, the next one. */
  private readonly namers = new Subscriptions<NamerFor>();
  private namedBy: NamerFor | undefined;
  private namer: StatementNamer | undefined;
  /** The data source that has the pool, or the pool itself. */
  source: QuerySource = this;
  /** Whether there are observers. Without any, statements only get their names. */
  isObserved = false;
  private isWatching = false;
  private readonly method: MethodHook<PgPool, 'connect'>;
  /** For a pool that emits no 'release'. */
  private readonly releaseMethod: MethodHook<PgPool, '_release'> | undefined;

  private constructor(private readonly pool: PgPool) {
    const connect = (receiver: PgPool, args: unknown[]): unknown => this.connect(receiver, args);
    this.method = new MethodHook(pool, 'connect', () => {
      return function connectAndTell(this: PgPool, ...args: unknown[]) {
        return connect(this, args);
      };
    });
    this.releaseMethod = silentRelease(pool, (client) => {
      if (this.isWatching) {
        this.onRelease(undefined, client);
      }
    });
    const hook = shared(() => this.watch());
    const observe = shared(() => {
      this.isObserved = true;
      return () => {
        this.isObserved = false;
      };
    });
    for (const observers of [this.queries, this.connections]) {
      observers.each(hook);
      observers.each(observe);
    }
    // Per observer, connections opened less connections closed are the open ones.
    this.connections.each((observer) => {
      this.clients.forEach((client) => client.noteEarlierUse());
      this.connections.opened(this.clients.size, [observer]);
      return () => this.connections.closed(this.clients.size, [observer]);
    });
    this.namers.each(hook);
    this.namers.each(() => {
      this.chooseNamer();
      return () => this.chooseNamer();
    });
  }

  /** Returns the hook of a pool, always the same one, for proxies of the pool too. */
  static of(pool: PgPool): PoolHook {
    // Look-alikes may have no options.
    const options: object = pool.options ?? pool;
    let hook = hooks.get(pool) ?? hooks.get(options);
    // Pools of other classes may share their options.
    if (hook === undefined || hook.pool._clients !== pool._clients) {
      hook = new PoolHook(pool);
      hooks.set(pool, hook);
      hooks.set(options, hook);
    }
    return hook;
  }

  get queryObservers(): readonly QueryObserver[] {
    return this.queries.list;
  }

  pools(): readonly WatchedPool[] {
    return this.isClosed ? [] : [this];
  }

  observeQueries(observer: QueryObserver): Undo {
    return this.queries.add(observer);
  }

  observePools(observer: PoolObserver): Undo {
    return this.connections.add(observer);
  }

  nameStatements(namerFor: NamerFor): Undo {
    // A function of its own for each call: each has a namer of its own.
    return this.namers.add((pool) => namerFor(pool));
  }

  beforeDestroy(): Undo {
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

  uses(): readonly ConnectionUse[] {
    return [...this.clients.values()].flatMap(({ use }) => use ?? []);
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

  private watch(): Undo {
    const { pool } = this;
    this.isWatching = true;
    this.method.putIn();
    this.releaseMethod?.putIn();
    pool.on('connect', this.onConnect);
    pool.on('acquire', this.onAcquire);
    pool.on('release', this.onRelease);
    pool.on('remove', this.onRemove);
    const idle = new Set(pool._idle?.map(({ client }) => client));
    // A client without `release` is still connecting: 'connect' will follow.
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
    return () => this.leave();
  }

  private leave(): void {
    const { pool } = this;
    this.isWatching = false;
    this.method.takeOut();
    this.releaseMethod?.takeOut();
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

  private chooseNamer(): void {
    const [first] = this.namers.list;
    if (first !== this.namedBy) {
      this.namer?.stopped();
      this.namedBy = first;
      this.namer = first?.(this);
      if (isOldPg(this.pool.Client)) {
        // Now: the first client may be opened late.
        this.namer?.cannotName(OLD_PG);
      }
      this.clients.forEach((hook) => hook.setNamer(this.namer));
    }
  }

  /** Returns the hook of a client. Reports a new client as opened. */
  private hookOf(client: PgClient): ClientHook {
    const known = this.clients.get(client);
    if (known !== undefined) {
      return known;
    }
    const hook = this.adopt(client);
    this.connections.opened(1);
    return hook;
  }

  private adopt(client: PgClient): ClientHook {
    const hook = new ClientHook(client, this);
    hook.setNamer(this.namer);
    hook.install(false);
    this.clients.set(client, hook);
    return hook;
  }

  /** Sends on the client itself when it has no hook. */
  private sendUnobserved(client: PgClient, text: string, callback: (error?: unknown) => void): void {
    const hook = this.clients.get(client);
    if (hook === undefined) {
      sendOwnStatement(client, client.query, text, undefined, callback);
    } else {
      hook.unobserved(text, callback);
    }
  }

  private readonly onConnect = (client: PgClient): void => {
    this.hookOf(client);
  };

  /** Sees requests that began before the hook was installed, and those that bypass it. */
  private readonly onAcquire = (client: PgClient): void => {
    this.hookOf(client).checkedOut();
  };

  private readonly onRelease = (_error: unknown, client: PgClient): void => {
    const use = this.clients.get(client)?.released();
    if (use !== undefined) {
      this.connections.released(use);
    }
  };

  private readonly onRemove = (client: PgClient): void => {
    const hook = this.clients.get(client);
    if (hook !== undefined) {
      // Pools remove connections that are released first. One of an application's class may not.
      this.onRelease(undefined, client);
      this.clients.delete(client);
      hook.closed();
      this.connections.closed(1);
    }
  };

  private connect(pool: PgPool, args: unknown[]): unknown {
    const original = this.method.behind.connect;
    if (!this.isWatching) {
      this.method.takeOut();
    }
    if (!this.isObserved) {
      return original.apply(pool, args);
    }
    return new Acquire(this.pool, this.connections.takeOrigin()).send(this, pool, original, args);
  }

  acquired(acquire: Acquire, error: unknown, client: PgClient | undefined): void {
    if (!this.isWatching) {
      return;
    }
    const endedAtMs = nowMs();
    // A pool's class may wrap the client that it hands out: such a client has no hook here.
    const hook = client === undefined ? undefined : this.clients.get(client);
    const result = client === undefined ? acquire.failureBy(error) : acquire.successBy(hook?.isNew);
    hook?.handedOut(acquire, endedAtMs);
    this.connections.acquired(result, (endedAtMs - acquire.startedAtMs) / 1000, acquire);
  }
}
