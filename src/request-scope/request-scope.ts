import { AsyncLocalStorage } from 'node:async_hooks';

/** One unit of work, such as a request: what its code has in common, wherever it awaits. */
export interface RequestScope {
  /** Who opened it: an application's hold on its registry. */
  readonly owner: object;
}

/** The only one of the process. It knows neither who opens scopes nor who reads them. */
const storage = new AsyncLocalStorage<RequestScope>();

/** Runs `work`, and everything that it starts, in `scope`. */
export function runInScope<T>(scope: RequestScope, work: () => T): T {
  return storage.run(scope, work);
}

/** The scope that the running code belongs to; `undefined` outside of any. */
export function activeScope(): RequestScope | undefined {
  return storage.getStore();
}
