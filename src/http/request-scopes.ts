import { runInScope } from '../request-scope/request-scope.js';

/** Opens a scope for each request of one application, as long as something needs it: scopes cost every `await`. */
export class RequestScopes {
  /**
   * @param owner - the application's hold on its registry
   * @param areNeeded - asked for each request
   */
  constructor(
    private readonly owner: object,
    readonly areNeeded: () => boolean,
  ) {}

  /**
   * Does the rest of a request in a scope. Express' and Fastify's body parsers bind their callbacks, so that reading a body
   * does not lose it (raw-body 3, Fastify 5).
   */
  open<T>(rest: () => T): T {
    return runInScope({ owner: this.owner }, rest);
  }
}
