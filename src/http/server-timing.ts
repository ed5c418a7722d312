import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { replaceMethod } from '../core/tool/method-hook.js';
import type { RequestScope, ScopeTiming } from '../request-scope/request-scope.js';

const NAME = 'Server-Timing';

/** Adds the header `Server-Timing` (W3C) with the scope's timings when the response sends its headers. */
export function announceTimings(response: ServerResponse, scope: RequestScope): void {
  if (typeof response.writeHead !== 'function' || typeof response.appendHeader !== 'function') {
    // A mock.
    return;
  }
  let isAnnounced = false;
  replaceMethod(response, 'writeHead', (original) => (...args: unknown[]) => {
    const timings = isAnnounced || response.headersSent ? [] : scope.timings.map(headerValue);
    isAnnounced = true;
    const withTimings = timings.length === 0 ? args : announce(response, args, timings.join(', '));
    return Reflect.apply(original, response, withTimings) as ServerResponse;
  });
}

function headerValue({ name, durationMs, description }: ScopeTiming): string {
  return `${name};dur=${durationMs.toFixed(1)};desc="${description}"`;
}

/**
 * Adds the header to those that are passed to `writeHead()`, if any: they replace headers of the same name that were set before.
 * With an array, Node.js 20 keeps only the last of equal names once a header is set.
 */
function announce(response: ServerResponse, args: unknown[], timings: string): unknown[] {
  const hasReason = typeof args[1] === 'string' || (args[2] ?? undefined) !== undefined;
  const position = hasReason ? 2 : 1;
  const given = args[position];
  if (Array.isArray(given)) {
    return args.with(position, addToList(given, response.getHeader(NAME), timings));
  }
  if (typeof given === 'object' && given !== null) {
    return args.with(position, addToObject(given as OutgoingHttpHeaders, response.getHeader(NAME), timings));
  }
  response.appendHeader(NAME, timings);
  return args;
}

function addToObject(given: OutgoingHttpHeaders, setBefore: unknown, timings: string): OutgoingHttpHeaders {
  const name = Object.keys(given).find(isOurs) ?? NAME;
  return { ...given, [name]: merged(given[name] ?? setBefore, timings) };
}

/** The list has names and values in turn, or pairs of them. */
function addToList(given: readonly unknown[], setBefore: unknown, timings: string): readonly unknown[] {
  const isInPairs = Array.isArray(given[0]);
  if (!isInPairs && given.length % 2 !== 0) {
    // Invalid: Node.js throws.
    return given;
  }
  const pairs = isInPairs ? (given as [unknown, unknown][]) : inPairs(given);
  const present = pairs.filter(([name]) => isOurs(name)).map(([, value]) => value);
  const all = [
    ...pairs.filter(([name]) => !isOurs(name)),
    [NAME, merged(present.length > 0 ? present.flat() : setBefore, timings)],
  ];
  return isInPairs ? all : all.flat();
}

function inPairs(list: readonly unknown[]): [unknown, unknown][] {
  return list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : []));
}

function isOurs(name: unknown): boolean {
  return String(name).toLowerCase() === NAME.toLowerCase();
}

/** Joins values to one list. */
function merged(present: unknown, timings: string): string {
  return [present ?? [], timings].flat().map(String).join(', ');
}
