import type { Probe } from '../source/query-source.interface.js';
import { sendOwnStatement } from './own-statement.js';
import type { ConnectCallback, PgClient, PgPool } from './pg.interface.js';

const PROBE = 'SELECT 1';

type Connect = (callback: ConnectCallback) => void;
type Send = (client: PgClient, text: string, callback: (error?: unknown) => void) => void;

/**
 * Probes on an idle connection of the pool when there are several, else on a new connection: the application neither waits for
 * a probe nor opens one more connection.
 *
 * @param connect - the pool's method without the hook
 */
export function probePool(pool: PgPool, connect: Connect, send: Send): Probe {
  const dial = (): Probe => probeDialled(pool);
  const canBorrow = pool.idleCount > 1 && pool.waitingCount === 0;
  return canBorrow ? withFallback(probeBorrowed(connect, send), dial) : dial();
}

/**
 * Probes on an idle connection of the pool. `abandon()` releases the connection as broken, which closes its socket. A connection
 * that arrives later is released at once.
 */
function probeBorrowed(connect: Connect, send: Send): Probe {
  let giveUp: (() => void) | undefined;
  let isAbandoned = false;
  const answered = new Promise<void>((resolve, reject) => {
    connect((error, client, release) => {
      const giveBack = release as (error?: unknown) => void;
      if (client === undefined) {
        reject(error);
        return;
      }
      if (isAbandoned) {
        giveBack();
        return;
      }
      let isOver = false;
      let broken: unknown;
      const over = (failure?: unknown): void => {
        broken ??= failure;
        if (isOver) {
          return;
        }
        isOver = true;
        // Not within a packet: the server's termination message may follow in it, and the next owner could not listen yet.
        process.nextTick(() => {
          client.removeListener('error', over);
          giveBack(broken);
          if (failure === undefined) {
            resolve();
          } else {
            reject(failure);
          }
        });
      };
      giveUp = () => over(new Error('The probe was abandoned.'));
      client.on('error', over);
      send(client, PROBE, (failure) => over(failure ?? undefined));
    });
  });
  return {
    answered,
    abandon() {
      isAbandoned = true;
      giveUp?.();
    },
  };
}

/** Probes on a new connection with the pool's settings, and closes its socket. */
function probeDialled({ Client, options }: PgPool): Probe {
  if (Client === undefined) {
    return {
      answered: Promise.reject(new Error('The pool has no property `Client`.')),
      abandon() {},
    };
  }
  // The pool's own object: the password in it is not enumerable, and a copy would lack it.
  const client = new Client(options);
  const answered = new Promise<void>((resolve, reject) => {
    const over = (failure?: unknown): void => {
      void client.end(() => {});
      client.connection?.stream?.destroySoon?.();
      if (failure === undefined || failure === null) {
        resolve();
      } else {
        reject(failure);
      }
    };
    // Never removed: without a listener, a later error would end the process.
    client.on('error', over);
    client.connect((failure) => {
      if (failure) {
        over(failure);
      } else {
        sendOwnStatement(client, client.query, PROBE, undefined, over);
      }
    });
  });
  return {
    answered,
    abandon() {
      void client.end(() => {});
      client.connection?.stream?.destroy();
    },
  };
}

/** Starts a second probe when the first one fails: a connection can be broken while the server is healthy. */
function withFallback(first: Probe, second: () => Probe): Probe {
  let current = first;
  let isAbandoned = false;
  return {
    answered: first.answered.catch((error: unknown) => {
      if (isAbandoned) {
        throw error;
      }
      current = second();
      return current.answered;
    }),
    abandon() {
      isAbandoned = true;
      current.abandon();
    },
  };
}
