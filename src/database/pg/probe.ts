import type { Probe } from '../query-source.interface.js';
import type { ConnectCallback, PgClient, PgPool } from './pg.interface.js';

const PROBE = 'SELECT 1';

type Send = (client: PgClient, text: string, callback: (error?: unknown) => void) => void;

/**
 * Asks on an idle connection of the pool. Abandoned, the connection is released as broken, which closes its socket; one
 * that comes only then goes back at once.
 */
export function probeBorrowed(connect: (callback: ConnectCallback) => void, send: Send): Probe {
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
      const over = (failure?: unknown): void => {
        if (isOver) {
          return;
        }
        isOver = true;
        client.removeListener('error', over);
        giveBack(failure);
        if (failure === undefined) {
          resolve();
        } else {
          reject(failure);
        }
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
export function probeDialled({ Client, options }: PgPool): Probe {
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
export function withFallback(first: Probe, second: () => Probe): Probe {
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
