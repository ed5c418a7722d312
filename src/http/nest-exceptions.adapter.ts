import type { ServerResponse } from 'node:http';
import { replaceMethod } from '../core/tool/method-hook.js';
import { shared, type Undo } from '../core/tool/subscriptions.js';
import { innermostExchange } from './exchange.js';

/**
 * The part of `ExceptionsHandler` of `@nestjs/core` that is used here (11.1.4 to 12.5). Every exception of an HTTP route, of a
 * guard, or of the framework's error handler comes to the method `next()`, which chooses the filter. No public hook of Nest sees all of them: an
 * interceptor misses guards, and a global filter misses what filters of controllers and handlers catch.
 */
export interface ExceptionsHandler {
  next(exception: unknown, host: ArgumentsHost): void;
}

interface ArgumentsHost {
  getArgByIndex(index: number): unknown;
}

const hooks = new WeakMap<ExceptionsHandler, () => Undo>();

/**
 * Notes exceptions in the exchanges of their responses, until the returned function is called. The hook is on the prototype, because
 * Nest makes an instance for each route and keeps it to itself. It is there while an application needs it, and knows the
 * application by the response.
 *
 * @param prototype - of the class `ExceptionsHandler`
 */
export function observeExceptions(prototype: ExceptionsHandler): Undo {
  let hook = hooks.get(prototype);
  if (hook === undefined) {
    hook = shared(() => putIn(prototype));
    hooks.set(prototype, hook);
  }
  return hook();
}

function putIn(prototype: ExceptionsHandler): Undo {
  let isOn = true;
  const hook = replaceMethod(
    prototype,
    'next',
    (original) =>
      function next(this: ExceptionsHandler, ...args: Parameters<ExceptionsHandler['next']>): void {
        if (isOn) {
          note(...args);
        }
        return original.apply(this, args);
      },
  );
  return () => {
    // Wrappers of others may keep calling it.
    isOn = false;
    hook.takeOut();
  };
}

function note(exception: unknown, host: ArgumentsHost): void {
  try {
    const response = host.getArgByIndex(1) as { readonly raw?: ServerResponse } & ServerResponse;
    // Fastify's reply has Node's response.
    let exchange = innermostExchange(response.raw ?? response);
    for (; exchange !== undefined; exchange = exchange.outer) {
      exchange.owner.exceptionThrown(exchange, exception);
    }
  } catch {
    // Not the arguments of an HTTP route. The filter gets the exception in any case.
  }
}
