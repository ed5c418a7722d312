import { AsyncLocalStorage } from 'node:async_hooks';

/** What a unit of work is: an HTTP request, or anything else that the application names (a job, a message). */
export type ScopeKind = 'request' | 'work';

/** Time that a unit of work has spent so far on one thing. */
export interface ScopeTiming {
  /** A token of letters, digits, `-` and `_`. */
  readonly name: string;
  readonly durationMs: number;
  readonly description: string;
}

/** Tells where in the application a call came from, if it can. */
export type Origin = () => string | undefined;

/** Takes part in scopes: keeps a state of its own in each, and is told of its end. */
export interface ScopeParticipant<State = unknown> {
  /** Called when the scope's state is first asked for. */
  createState(): State;
  /**
   * @param state - `undefined` when nobody asked for it
   * @param name - the request's route, or the work's name
   * @param method - the request's
   */
  scopeEnded(state: State | undefined, name: string, kind: ScopeKind, method: string | undefined): void;
  /** What it has to tell before the end. */
  timingOf?(state: State | undefined): ScopeTiming;
  /**
   * Called where code of the scope begins to wait for something that others hand out, such as a connection of a pool: whoever
   * goes on then may have lost the stack. Answers with what of it may be needed.
   */
  originOf?(state: State): Origin | undefined;
}

/** One unit of work, such as a request: what its code has in common, wherever it awaits. It knows neither of its sides. */
export class RequestScope {
  /** The request's route, or the work's name; `undefined` before its end. */
  name: string | undefined;
  private states: Map<ScopeParticipant, unknown> | undefined;

  constructor(
    /** Who opened it: an application's hold on its registry. */
    readonly owner: object,
    private readonly kind: ScopeKind = 'request',
    private readonly participants: readonly ScopeParticipant[] = [],
    /** Of the application that the owner is mounted in: its participants observe what they share with the owner. */
    private readonly outer?: RequestScope,
  ) {}

  /** What a participant keeps here, or in the outer scope; `undefined` when it takes part in neither. */
  stateOf<State>(participant: ScopeParticipant<State>): State | undefined {
    const known = this.states?.get(participant) as State | undefined;
    if (known !== undefined) {
      return known;
    }
    if (!this.participants.includes(participant)) {
      return this.outer?.stateOf(participant);
    }
    const state = participant.createState();
    this.states ??= new Map();
    this.states.set(participant, state);
    return state;
  }

  get timings(): readonly ScopeTiming[] {
    return this.participants
      .map((participant) => participant.timingOf?.(this.states?.get(participant)))
      .filter((timing) => timing !== undefined);
  }

  /** To be called where its code begins to wait for what others hand out. */
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
   * Tells the participants. Its code may still be running.
   *
   * @param method - of a request
   */
  end(name: string, method?: string): void {
    this.name = name;
    for (const participant of this.participants) {
      participant.scopeEnded(this.states?.get(participant), name, this.kind, method);
    }
  }
}

/** The only one of the process. It knows neither who opens scopes nor who reads them. */
const storage = new AsyncLocalStorage<RequestScope | undefined>();

/** Runs `work`, and everything that it starts, in `scope`; in none when that is `undefined`. */
export function runInScope<T>(scope: RequestScope | undefined, work: () => T): T {
  return storage.run(scope, work);
}

/** The scope that the running code belongs to; `undefined` outside of any. */
export function activeScope(): RequestScope | undefined {
  return storage.getStore();
}

/**
 * Calls back in a scope: pools and sockets call back in whatever scope they happen to be in, such as that of the request
 * which gave a connection back.
 */
export function callBackIn<T>(scope: RequestScope | undefined, callback: () => T): T {
  return activeScope() === scope ? callback() : runInScope(scope, callback);
}
