import { METHODS } from 'node:http';

/** The methods of HTTP/1 parsers. HTTP/2 and undici transfer any string, which must not become a label. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** Returns the value of a label `method`. */
export function methodLabel(method: string): string {
  return KNOWN_METHODS.has(method) ? method : 'UNKNOWN';
}
