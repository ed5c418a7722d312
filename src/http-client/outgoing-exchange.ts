import type { LegalExemplarLabels } from '../core/exemplar.js';
import { nowMs } from '../core/tool/stopwatch.js';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { Failure } from './failure.js';

/** The seconds of outgoing requests of one unit of work that are not counted yet. */
export class OutgoingTime {
  seconds = 0;

  constructor(readonly scope: RequestScope) {}
}

/** Records the requests of one application. */
export interface OutgoingRecorder {
  /** @param code - of the error, if there is no complete response */
  ended(exchange: OutgoingExchange, status: number | string, seconds: number, code: string | undefined): void;
}

/** One outgoing request and its response. Attached to the client's request, so that one that never ends leaves with it. */
export class OutgoingExchange {
  /** The status of the response's head; 0 before it. */
  status = 0;
  /** The time of the response's head. */
  answeredAtMs = 0;
  /** Whether the socket was silent for longer than the application allows. */
  timedOut = false;
  private readonly startedAtMs = nowMs();
  private over = false;

  constructor(
    private readonly recorder: OutgoingRecorder,
    readonly method: string,
    readonly host: string,
    /** `undefined` outside of units of work. */
    readonly time: OutgoingTime | undefined,
    /** The trace of the code that sends it. */
    readonly trace: LegalExemplarLabels | undefined,
  ) {}

  answered(status: number): void {
    this.status = status;
    this.answeredAtMs = nowMs();
  }

  /** The response was received completely. Only the first end counts. */
  completed(status = this.status, atMs = nowMs()): void {
    this.end(status, undefined, atMs);
  }

  failed({ status, code }: Failure): void {
    this.end(status, code, nowMs());
  }

  private end(status: number | string, code: string | undefined, atMs: number): void {
    if (!this.over) {
      this.over = true;
      this.recorder.ended(this, status, (atMs - this.startedAtMs) / 1000, code);
    }
  }
}
