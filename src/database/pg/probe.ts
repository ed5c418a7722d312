import type { Probe } from '../source/query-source.interface.js';
import type { ConnectCallback, PgClient, PgPool } from './pg.interface.js';

const PROBE = 'SELECT 1';

type Connect = (callback: ConnectCallback) => void;
type Send = (client: PgClient, text: string, callback: (error?: unknown) => void) => void;

/**
 * Borrows only where another idle connection is left: nobody is to wait because of a probe, or to open one more.
 *
 * @param connect - the pool's own
 */
export function probePool(pool: PgPool, connect: Connect, send: Send): Probe {
  const dial = (): Probe => probeDialled(pool);
  const canBorrow = pool.idleCount > 1 && pool.waitingCount === 0;
  return canBorrow ? withFallback(probeBorrowed(connect, send), dial) : dial();
}

/**
 * Asks on an idle connection of the pool. Abandoned, the connection is released as broken, which closes its socket; one
 * that comes only then goes back at once.
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
        // In the midst of a packet whoever waits would have the connection before it can listen, and the server's farewell
        // may come next in it.
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

/** Asks on a connection of its own, with the pool's settings: the pool has none to lend. Its socket never stays. */
function probeDialled({ Client, options }: PgPool): Probe {
  if (Client === undefined) {
    return {
      answered: Promise.reject(new Error('The pool does not tell its class of clients.')),
      abandon() {},
    };
  }
  // Its very options: the password in them cannot be copied (it is not enumerable).
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
    // Stays: whatever else goes wrong on this connection concerns nobody.
    client.on('error', over);
    client.connect((failure) => {
      if (failure) {
        over(failure);
      } else {
        client.query(PROBE, over);
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

/** A connection can be broken while the server is well: when the first probe fails, another asks again. */
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
