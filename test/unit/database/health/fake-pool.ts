import { EventEmitter } from 'node:events';

/** As much of a pool of pg as a probe on a connection of its own needs. */
export class FakePool extends EventEmitter {
  readonly totalCount = 0;
  readonly idleCount = 0;
  readonly waitingCount = 0;
  readonly options = { max: 10 };
  readonly _clients = [];
  isDown = false;
  ending = false;
  readonly Client: new () => object;

  constructor() {
    super();
    const pool = this as FakePool;
    this.Client = class extends EventEmitter {
      connect(callback: (error?: Error) => void): void {
        callback(pool.isDown ? Object.assign(new Error('down'), { code: 'ECONNREFUSED' }) : undefined);
      }
      query(_text: string, callback: () => void): void {
        callback();
      }
      end(): void {}
    };
  }

  connect(): Promise<never> {
    return Promise.reject(new Error('Nobody is to take a connection.'));
  }
}
