import { secondsSince } from '../../core/tool/stopwatch.js';
import { Subscriptions } from '../../core/tool/subscriptions.js';
import type { Origin } from '../../request-scope/request-scope.js';
import type {
  AcquireResult,
  ConnectionUse,
  ObservedAcquire,
  PoolObserver,
} from '../source/query-source.interface.js';

/** The observers of a pool. The error of one is reported to it, and stops neither the others nor the application. */
export class PoolObservers extends Subscriptions<PoolObserver> {
  /** Returns the code that requests a connection, if an observer needs it. */
  takeOrigin(): Origin | undefined {
    return this.list.find(takesOrigin)?.takeOrigin?.();
  }

  // A loop each, without a closure: these two are called for each use of a connection.

  acquired(result: AcquireResult, durationSeconds: number, acquire: ObservedAcquire): void {
    for (const observer of this.list) {
      try {
        observer.acquired?.(result, durationSeconds, acquire);
      } catch (error) {
        observer.failed(error);
      }
    }
  }

  released(use: ConnectionUse): void {
    const durationSeconds = secondsSince(use.checkedOutAtMs);
    for (const observer of this.list) {
      try {
        observer.released?.(use, durationSeconds);
      } catch (error) {
        observer.failed(error);
      }
    }
  }

  opened(count: number, observers = this.list): void {
    tell(observers, (observer) => observer.connectionsOpened?.(count));
  }

  closed(count: number, observers = this.list): void {
    tell(observers, (observer) => observer.connectionsClosed?.(count));
  }
}

function takesOrigin(observer: PoolObserver): boolean {
  return observer.takeOrigin !== undefined;
}

function tell(observers: readonly PoolObserver[], what: (observer: PoolObserver) => void): void {
  for (const observer of observers) {
    try {
      what(observer);
    } catch (error) {
      observer.failed(error);
    }
  }
}
