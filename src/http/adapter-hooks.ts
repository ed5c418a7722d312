import { replaceMethod } from '../core/tool/method-hook.js';
import { type RequestScope, runInScope } from '../request-scope/request-scope.js';
import type { Detach, HttpAdapter, OnRequestHook } from './http-adapter.interface.js';

/**
 * Takes the adapter's only request hook and passes on to whoever has it, or asks for it later. It sees requests
 * that do not come through the adapter's own server: `inject()`, and further servers in front of one application.
 *
 * The rest of a request runs in the scope that `observe` answers. Express' and Fastify's body parsers bind their callbacks,
 * so that reading a body does not lose it (raw-body 3, Fastify 5).
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
    // Whoever asks for the slot after us may call whom they found there: us.
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
    // Somebody who wrapped on top of us keeps working: the chain stays and we only fall silent.
    if (adapter.onRequestHook === hook && setter.takeOut()) {
      setHook.call(adapter, next);
    }
  };
}
