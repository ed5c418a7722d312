import { RequestScope, type ScopeParticipant, runInScope } from './request-scope.js';

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

  /** The scope of a request; `undefined` when nothing needs one. */
  openRequest(): RequestScope | undefined {
    return this.participants.length > 0 || this.isNeededElsewhere()
      ? new RequestScope(this.owner, 'request', this.participants)
      : undefined;
  }

  /** Does some work in a scope of its own, which ends with it: with what a promise settles to. */
  async work<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    const scope = new RequestScope(this.owner, 'work', this.participants);
    try {
      return await runInScope(scope, work);
    } finally {
      scope.end(name);
    }
  }
}
