import { nowMs } from '../../core/tool/stopwatch.js';
import { activeScope, type Origin } from '../../request-scope/request-scope.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';
import { queryOperation, type QueryOperation } from '../sql/query-operation.js';
import type { ObservedQuery, QueryObserver, QuerySource } from './query-source.interface.js';

/** Shared: several observers of several sources ask for the same texts. */
const fingerprints = new FingerprintCache();

/** A statement under way. Reports its start to its observers when it is created, and its end once. */
export class Statement implements ObservedQuery {
  readonly scope = activeScope();
  readonly startedAtMs = nowMs();
  private isOver = false;
  /** What the observers returned at the start, by their index. */
  private started: unknown[] | undefined;
  private foundOperation: QueryOperation | undefined;
  private foundFingerprint: string | undefined;

  constructor(
    readonly text: string,
    readonly source: QuerySource,
    /** Its end is reported to these, too, though they may be removed by then. */
    private readonly observers: readonly QueryObserver[],
    readonly origin?: Origin,
    /** The arguments of the call that sent it. */
    private readonly args: readonly unknown[] = [],
    private readonly parametersIn: (args: readonly unknown[]) => unknown = () => undefined,
    readonly isMySql?: boolean,
  ) {
    for (let index = 0; index < observers.length; index += 1) {
      const observer = observers[index] as QueryObserver;
      try {
        const started = observer.queryStarted?.(this);
        if (started !== undefined) {
          (this.started ??= [])[index] = started;
        }
      } catch (fault) {
        observer.failed(fault);
      }
    }
  }

  get operation(): QueryOperation {
    return (this.foundOperation ??= queryOperation(this.text));
  }

  get fingerprint(): string {
    return (this.foundFingerprint ??= fingerprints.of(this.text, this.isMySql));
  }

  get parameters(): unknown {
    return this.parametersIn(this.args);
  }

  /** Returns false when the statement had ended before. */
  end(error: unknown): boolean {
    if (this.isOver) {
      return false;
    }
    this.isOver = true;
    const durationMs = nowMs() - this.startedAtMs;
    for (let index = 0; index < this.observers.length; index += 1) {
      const observer = this.observers[index] as QueryObserver;
      try {
        observer.queryEnded(this, durationMs, error ?? undefined, this.started?.[index]);
      } catch (fault) {
        observer.failed(fault);
      }
    }
    return true;
  }
}
