import type { ServerResponse } from 'node:http';
import { replaceMethod } from '../core/replace-method.js';
import type { RequestScope, ScopeTiming } from '../request-scope/request-scope.js';

/** Adds to a response, when its headers are sent, what its request has spent its time on (W3C Server Timing). */
export function announceTimings(response: ServerResponse, scope: RequestScope): void {
  replaceMethod(
    response,
    'writeHead',
    (original) =>
      ((...args: Parameters<ServerResponse['writeHead']>) => {
        const timings = scope.timings.map(headerValue);
        if (timings.length > 0 && !response.headersSent) {
          response.appendHeader('Server-Timing', timings);
        }
        return original.apply(response, args);
      }) as ServerResponse['writeHead'],
  );
}

function headerValue({ name, durationMs, description }: ScopeTiming): string {
  return `${name};dur=${durationMs.toFixed(1)};desc="${description}"`;
}
