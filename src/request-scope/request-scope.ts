import { AsyncLocalStorage } from 'node:async_hooks';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import { nowMs } from '../core/tool/stopwatch.js';

/** The kind of a unit of work: an HTTP request, or other work that the application names (a job, a message). */
export type ScopeKind = 'request' | 'work';

/** The route of what is sent outside of requests and units of work, or after their end. */
export const BACKGROUND_ROUTE = '<background>';

/** The time that a unit of work has spent so far on one activity. */
export interface ScopeTiming {
  /** A token of letters, digits, `-` and `_`. */
  readonly name: string;
  readonly durationMs: number;
  readonly description: string;
}

/** Returns the call site in the application, if it is known. */
export type Origin = () => string | undefined;

/** A participant of scopes: it keeps a state in each scope and is notified of the scope's end. */
export interface ScopeParticipant<State = unknown> {
  /** Called when the state in a scope is first read, which may be after the scope's end. */
  createState(scope: RequestScope): State;
  /**
   * @param state - `undefined` when it was never read
   * @param name - the request's route, or the work's name
   * @param scope - with the request's method, and the trace if one is recorded
   */
  scopeEnded(state: State | undefined, name: string, scope: RequestScope): void;
  /** Called instead of {@link scopeEnded} for a request that is not counted. */
  scopeDiscarded?(state: State | undefined): void;
  /** Returns the time spent so far, for the header `Server-Timing`. */
  timingOf?(state: State | undefined): ScopeTiming;
  /**
   * Called when code of the scope starts to wait for a shared resource, such as a connection of a pool, whose callback has another
   * stack. Returns the call site of the waiting code.
   */
  originOf?(state: State): Origin | undefined;
}

/** One unit of work, such as a request: the state that its asynchronous code shares. */
export class RequestScope {
  /** The request's route, `undefined` before the end and after {@link discard}; or the work's name. */
  name: string | undefined;
  /** The request's method; `undefined` before the end. */
  method: string | undefined;
  /** The time of the end on the clock of `nowMs()`; `Infinity` before the end. */
  endedAtMs = Infinity;
  /** The recorded trace that the work belongs to; only with the option `exemplars`. */
  trace: LegalExemplarLabels | undefined;
  /** By the index of the participant: there are few. */
  private readonly states: unknown[] = [];
  /** See {@link allowingRepeatedReads}; `undefined` before its first use. */
  private allowing: RequestScope | undefined;

  constructor(
    /** The registry lease of the application that opened the scope. */
    readonly owner: object,
    readonly kind: ScopeKind = 'request',
    private readonly participants: readonly ScopeParticipant[] = [],
    /** The scope of the application that this one is mounted in: its participants observe shared resources. */
    private readonly outer?: RequestScope,
    /** Whether repeated reads of its code are no N+1 findings. */
    readonly allowsRepeatedReads = false,
  ) {}

  /** Returns a participant's state in this or the outer scope; `undefined` when it takes part in neither. */
  stateOf<State>(participant: ScopeParticipant<State>): State | undefined {
    const index = this.participants.indexOf(participant);
    return index < 0
      ? this.outer?.stateOf(participant)
      : ((this.states[index] ??= participant.createState(this)) as State);
  }

  get timings(): readonly ScopeTiming[] {
    return this.participants
      .map((participant, index) => participant.timingOf?.(this.states[index]))
      .filter((timing) => timing !== undefined);
  }

  /** Returns the call site of code that starts to wait for a shared resource. */
  takeOrigin(): Origin | undefined {
    for (const participant of this.participants) {
      const origin = participant.originOf?.(this.stateOf(participant));
      if (origin !== undefined) {
        return origin;
      }
    }
    return this.outer?.takeOrigin();
  }

  /**
   * Notifies the participants. Code of the scope may still be running.
   *
   * @param method - the request's method
   */
  end(name: string, method?: string): void {
    this.name = name;
    this.method = method;
    this.endedAtMs = nowMs();
    this.shareEnd();
    this.participants.forEach((participant, index) => participant.scopeEnded(this.states[index], name, this));
  }

  /** Ends the scope of a request that is not counted, such as a scrape. */
  discard(): void {
    this.endedAtMs = nowMs();
    this.shareEnd();
    this.participants.forEach((participant, index) => participant.scopeDiscarded?.(this.states[index]));
  }

  /** Returns the scope of code of the same unit of work whose repeated reads are allowed. All states are shared. */
  allowingRepeatedReads(): RequestScope {
    if (this.allowsRepeatedReads) {
      return this;
    }
    if (this.allowing === undefined) {
      // Without participants, states are those of the outer scope.
      this.allowing = new RequestScope(this.owner, this.kind, [], this, true);
      this.allowing.trace = this.trace;
      this.shareEnd();
    }
    return this.allowing;
  }

  private shareEnd(): void {
    if (this.allowing !== undefined) {
      this.allowing.name = this.name;
      this.allowing.method = this.method;
      this.allowing.endedAtMs = this.endedAtMs;
    }
  }
}

/** The only `AsyncLocalStorage` of this library. */
const storage = new AsyncLocalStorage<RequestScope | undefined>();

/** Runs `work`, and everything that it starts, in `scope`; outside of scopes when `scope` is `undefined`. */
export function runInScope<T>(scope: RequestScope | undefined, work: () => T): T {
  return storage.run(scope, work);
}

/**
 * Runs `work`, and everything that it starts, as code whose repeated reads are allowed, in the scope of the running code. Outside of
 * scopes, it is only called.
 */
export function allowRepeatedReads<T>(work: () => T): T {
  const scope = activeScope();
  return scope === undefined ? work() : runInScope(scope.allowingRepeatedReads(), work);
}

/** Returns the scope of the running code; `undefined` outside of scopes. */
export function activeScope(): RequestScope | undefined {
  return storage.getStore();
}

let inForeignContext = false;

/**
 * Returns whether the running code was called back by a pool or a connection. Its scope is right then, and other
 * `AsyncLocalStorage`s, such as OpenTelemetry's, may have the state of unrelated code.
 */
export function runsInForeignContext(): boolean {
  return inForeignContext;
}

/**
 * Runs a callback in a scope. Pools and sockets run callbacks in the scope of unrelated code, such as the request that released a
 * connection.
 *
 * @param isForeign - see {@link runsInForeignContext}
 */
export function callBackIn(
  scope: RequestScope | undefined,
  callback: (...args: unknown[]) => unknown,
  receiver: unknown,
  args: unknown[],
  isForeign = true,
): unknown {
  const wasForeign = inForeignContext;
  inForeignContext = isForeign;
  try {
    return activeScope() === scope
      ? callback.apply(receiver, args)
      : storage.run(scope, () => callback.apply(receiver, args));
  } finally {
    inForeignContext = wasForeign;
  }
}
