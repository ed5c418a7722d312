/** Returns the path of a request target without the query, as sent: neither decoded nor normalised. */
export function requestPath(target: string): string {
  const path = target.startsWith('/') ? target : withoutOrigin(target);
  const query = path.search(/[?#]/);
  return query < 0 ? path : path.slice(0, query);
}

/** Returns whether the request target is exactly `path`, with or without a query. */
export function isExactPath(target: string, path: string): boolean {
  if (target.startsWith(path)) {
    return target.length === path.length || target[path.length] === '?';
  }
  return !target.startsWith('/') && requestPath(target) === path;
}

/** Proxies may send the absolute form: `GET http://host/path` (RFC 9112, 3.2.2). */
function withoutOrigin(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
}

/** How a router compares paths. */
export interface PathMatching {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
}

export const EXACT: PathMatching = { caseSensitive: true, ignoreTrailingSlash: false };

/** Returns the same string for all paths that a router treats as equal. */
export function canonicalPath(path: string, { caseSensitive, ignoreTrailingSlash }: PathMatching): string {
  const spelling = caseSensitive ? path : path.toLowerCase();
  return ignoreTrailingSlash && spelling.length > 1 && spelling.endsWith('/')
    ? spelling.slice(0, -1)
    : spelling;
}
