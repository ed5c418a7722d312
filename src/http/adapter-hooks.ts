import { replaceMethod } from '../core/tool/method-hook.js';
import { type RequestScope, runInScope } from '../request-scope/request-scope.js';
import type { Detach, HttpAdapter, OnRequestHook } from './http-adapter.interface.js';

/**
 * Occupies the adapter's single request hook. Hooks that were set before, or are set later, run after it. The hook also sees
 * requests that do not come through the adapter's own server: `inject()`, and other servers in front of the application.
 *
 * The rest of a request runs in the scope that `observe` returns. Reading a body keeps the scope: Express' and Fastify's body
 * parsers bind their callbacks (raw-body 3, Fastify 5).
 */
export function chainRequestHook(
  adapter: HttpAdapter,
  observe: (request: unknown, response: unknown) => RequestScope | undefined,
): Detach {
  if (typeof adapter.setOnRequestHook !== 'function') {
    return () => {};
  }
  const setHook = adapter.setOnRequestHook;
  let next = adapter.onRequestHook;
  let observing = true;
  const passedOn = new WeakSet<object>();
  const passOn: OnRequestHook = (request, response, done) => {
    // A later hook may call the one that it replaced, which is ours.
    if (next === undefined || passedOn.has(request as object)) {
      return done();
    }
    passedOn.add(request as object);
    return next.call(adapter, request, response, done);
  };
  const hook: OnRequestHook = (request, response, done) => {
    const scope = observing ? observe(request, response) : undefined;
    return scope === undefined
      ? passOn(request, response, done)
      : runInScope(scope, () => passOn(request, response, done));
  };
  const setNext = (later: OnRequestHook | undefined): void => {
    next = later;
  };
  setHook.call(adapter, hook);
  const setter = replaceMethod(adapter, 'setOnRequestHook', () => setNext);
  return () => {
    observing = false;
    // Wrappers of others keep working: the chain stays, without observing.
    if (adapter.onRequestHook === hook && setter.takeOut()) {
      setHook.call(adapter, next);
    }
  };
}
