import { RequestScope, type ScopeKind, type ScopeParticipant, runInScope } from './request-scope.js';

/** Opens the scopes of one application, as long as something needs them: they cost every `await`. */
export class ScopeOpener {
  private participants: readonly ScopeParticipant[] = [];

  /**
   * @param owner - the application's hold on its registry
   * @param isNeededElsewhere - asked for each scope when nobody takes part
   */
  constructor(
    private readonly owner: object,
    private readonly isNeededElsewhere: () => boolean,
  ) {}

  /** Has somebody take part in the scopes that are opened from now on, until the result is called. */
  join(participant: ScopeParticipant): () => void {
    this.participants = [...this.participants, participant];
    return () => {
      this.participants = this.participants.filter((other) => other !== participant);
    };
  }

  /**
   * The scope of a request; `undefined` when nothing needs one.
   *
   * @param outer - that of the application which this one is mounted in
   */
  openRequest(outer?: RequestScope): RequestScope | undefined {
    return this.open('request', outer);
  }

  /** Does some work in a scope of its own, which ends with it: with what a promise settles to. */
  async work<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    const scope = this.open('work');
    if (scope === undefined) {
      return work();
    }
    let result: T;
    try {
      result = await runInScope(scope, work);
    } catch (error) {
      endQuietly(scope, name);
      throw error;
    }
    scope.end(name);
    return result;
  }

  private open(kind: ScopeKind, outer?: RequestScope): RequestScope | undefined {
    return this.participants.length > 0 || this.isNeededElsewhere()
      ? new RequestScope(this.owner, kind, this.participants, outer)
      : undefined;
  }
}

/** The work has failed: that is what its caller has to know, whatever a participant would fail it with. */
function endQuietly(scope: RequestScope, name: string): void {
  try {
    scope.end(name);
  } catch {
    // Participants have counted and logged it.
  }
}
