import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { observeCall } from '../core/tool/observe-call.js';
import { RequestScope, type ScopeKind, type ScopeParticipant, runInScope } from './request-scope.js';

/** Opens the scopes of one application while something needs them: a scope makes every `await` slower. */
export class ScopeOpener {
  private participants: readonly ScopeParticipant[] = [];

  /**
   * @param owner - the application's registry lease
   * @param isNeededElsewhere - called for each scope while there is no participant
   * @param traces - the traces of units of work
   */
  constructor(
    private readonly owner: object,
    private readonly isNeededElsewhere: () => boolean,
    private readonly traces?: Pick<TraceSource, 'current'>,
  ) {}

  /** Adds a participant to the scopes opened from now on. Returns a function that removes it. */
  join(participant: ScopeParticipant): () => void {
    this.participants = [...this.participants, participant];
    return () => {
      this.participants = this.participants.filter((other) => other !== participant);
    };
  }

  /**
   * Returns the scope of a request; `undefined` when nothing needs one.
   *
   * @param outer - the scope of the application that this one is mounted in
   * @param trace - the request's trace, which needs a scope: it may be known to the request's headers only
   */
  openRequest(outer?: RequestScope, trace?: LegalExemplarLabels): RequestScope | undefined {
    return this.open('request', outer, trace);
  }

  /**
   * Calls work in a scope, which ends when the call has returned, or when the promise that it returns settles. Returns what the work
   * returns, as {@link observeCall} does.
   */
  run<T>(name: string, work: () => T): T {
    const scope = this.open('work');
    if (scope === undefined) {
      return work();
    }
    scope.name = name;
    scope.trace = this.traces?.current();
    return observeCall(
      work,
      (outcome) => (outcome === 'success' ? scope.end(name) : endQuietly(scope, name)),
      (call) => runInScope(scope, call),
    );
  }

  /** As {@link run}, and always returns a promise. */
  async work<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    return this.run(name, work);
  }

  private open(kind: ScopeKind, outer?: RequestScope, trace?: LegalExemplarLabels): RequestScope | undefined {
    if (this.participants.length === 0 && trace === undefined && !this.isNeededElsewhere()) {
      return undefined;
    }
    const scope = new RequestScope(this.owner, kind, this.participants, outer);
    scope.trace = trace;
    return scope;
  }
}

/** Ends the scope of failed work. Its caller gets the error of the work, not of a participant. */
function endQuietly(scope: RequestScope, name: string): void {
  try {
    scope.end(name);
  } catch {
    // Participants count and log their errors.
  }
}
