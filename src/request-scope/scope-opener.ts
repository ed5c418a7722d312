import { RequestScope, type ScopeKind, type ScopeParticipant, runInScope } from './request-scope.js';

/** Opens the scopes of one application while something needs them: a scope makes every `await` slower. */
export class ScopeOpener {
  private participants: readonly ScopeParticipant[] = [];

  /**
   * @param owner - the application's registry lease
   * @param isNeededElsewhere - called for each scope while there is no participant
   */
  constructor(
    private readonly owner: object,
    private readonly isNeededElsewhere: () => boolean,
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
   */
  openRequest(outer?: RequestScope): RequestScope | undefined {
    return this.open('request', outer);
  }

  /** Runs work in a scope, which ends when the work settles. */
  async work<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    const scope = this.open('work');
    if (scope === undefined) {
      return work();
    }
    scope.name = name;
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

/** Ends the scope of failed work. Its caller gets the error of the work, not of a participant. */
function endQuietly(scope: RequestScope, name: string): void {
  try {
    scope.end(name);
  } catch {
    // Participants count and log their errors.
  }
}
