import type { IncomingMessage } from 'node:http';
import type { HttpIgnoreRule } from '../options/http-options.interface.js';
import { canonicalPath, EXACT, isExactPath, requestPath } from './request-path.js';

/** Decides which requests leave no trace. */
export type RequestFilter = (request: IncomingMessage) => boolean;

/**
 * Scrapes and whatever the rules name. A predicate that throws is reported, and its request counts.
 *
 * @param scrapePath - `undefined` when scrapes come elsewhere
 * @param matching - how the router compares paths: rules that are strings are compared so
 */
export function ignoreFilter(
  scrapePath: string | undefined,
  rules: readonly HttpIgnoreRule[],
  onError: (error: unknown) => void,
  matching = EXACT,
): RequestFilter {
  const isScrape: RequestFilter = (request) =>
    scrapePath !== undefined &&
    isExactPath(urlOf(request), scrapePath) &&
    (request.method === 'GET' || request.method === 'HEAD');
  if (rules.length === 0) {
    return isScrape;
  }
  const paths = new Set(
    rules.filter((rule) => typeof rule === 'string').map((rule) => canonicalPath(rule, matching)),
  );
  // Copies: global and sticky expressions remember where they stopped.
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
      predicates.some((predicate) => safely(predicate, request, onError))
    );
  };
}

/** Not everything that is given to a framework as a request has the URL of one. */
function urlOf({ url }: IncomingMessage): string {
  return typeof url === 'string' ? url : '';
}

function matchesFromStart(pattern: RegExp, path: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(path);
}

function safely(
  predicate: (request: IncomingMessage) => boolean,
  request: IncomingMessage,
  onError: (error: unknown) => void,
): boolean {
  try {
    // A promise is no answer, and must neither hide every request nor become an unhandled rejection.
    const answer: unknown = predicate(request);
    if (answer instanceof Promise) {
      answer.catch(() => {});
      throw new TypeError('it returned a promise, and not true or false');
    }
    return answer === true;
  } catch (error) {
    onError(error);
    return false;
  }
}
