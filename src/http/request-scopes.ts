import { type RequestScope, runInScope } from '../request-scope/request-scope.js';

/** Opens a scope for each request of one application, as long as something needs it: scopes cost every `await`. */
export class RequestScopes {
  private readonly scopes = new WeakMap<object, RequestScope>();

  /**
   * @param owner - the application's hold on its registry
   * @param areNeeded - asked for each request
   */
  constructor(
    private readonly owner: object,
    readonly areNeeded: () => boolean,
  ) {}

  /** Does the rest of a request in its scope. */
  open<T>(frameworkRequest: object, rest: () => T): T {
    const scope: RequestScope = { owner: this.owner };
    this.scopes.set(frameworkRequest, scope);
    return runInScope(scope, rest);
  }

  /** Goes on in the scope that was opened for the request, where the platform has lost it. */
  resume<T>(frameworkRequest: object, rest: () => T): T {
    const scope = this.scopes.get(frameworkRequest);
    return scope === undefined ? rest() : runInScope(scope, rest);
  }
}
