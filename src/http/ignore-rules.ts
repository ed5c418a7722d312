import type { IncomingMessage } from 'node:http';
import { satisfies } from '../core/tool/safe-predicate.js';
import type { HttpIgnoreRule } from '../options/http-options.interface.js';
import { canonicalPath, EXACT, isExactPath, requestPath } from './request-path.js';

/** Returns whether a request is ignored: neither counted nor in flight. */
export type RequestFilter = (request: IncomingMessage) => boolean;

/**
 * Returns the filter of scrapes and of requests that match a rule. A request whose predicate throws is not ignored.
 *
 * @param scrapePaths - of scrapes and of the live page; empty when they have a port of their own
 * @param onError - called with errors of predicates
 * @param matching - how the router compares paths; applies to rules that are strings
 */
export function ignoreFilter(
  scrapePaths: readonly string[],
  rules: readonly HttpIgnoreRule[],
  onError: (error: unknown) => void,
  matching = EXACT,
): RequestFilter {
  const isScrape: RequestFilter = (request) =>
    scrapePaths.some((path) => isExactPath(urlOf(request), path)) &&
    (request.method === 'GET' || request.method === 'HEAD');
  if (rules.length === 0) {
    return isScrape;
  }
  const paths = new Set(
    rules.filter((rule) => typeof rule === 'string').map((rule) => canonicalPath(rule, matching)),
  );
  // Copies, because global and sticky expressions have state.
  const patterns = rules.filter((rule) => rule instanceof RegExp).map((rule) => new RegExp(rule));
  const predicates = rules.filter((rule) => typeof rule === 'function');
  return (request) => {
    if (isScrape(request)) {
      return true;
    }
    const path = requestPath(urlOf(request));
    return (
      (paths.size > 0 && paths.has(canonicalPath(path, matching))) ||
      patterns.some((pattern) => matchesFromStart(pattern, path)) ||
      predicates.some((predicate) => satisfies(predicate, request, onError))
    );
  };
}

/** The request of a mock may have no URL. */
function urlOf({ url }: IncomingMessage): string {
  return typeof url === 'string' ? url : '';
}

function matchesFromStart(pattern: RegExp, path: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(path);
}
