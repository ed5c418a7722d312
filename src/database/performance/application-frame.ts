import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Enough to get through an ORM's own calls. */
const FRAMES = 100;
const POSITION = /:\d+:\d+$/;
const OWN_FILE = /^(.*[\\/])database[\\/]performance[\\/][^\\/]+$/;

/**
 * Takes the stack of the running call. Calling the result tells where in the application's code that came from, as
 * `path:line:column` from the working directory on; `undefined` when only packages, Node.js and this library are on the
 * stack, or somebody has replaced how stacks are written. Awaited calls are followed (V8's asynchronous stack traces).
 *
 * To take a stack is cheap; what costs is to write it as text, which V8 does when it is first asked for.
 */
export function takeLocation(): () => string | undefined {
  const taken = withoutThrowing(takeStack);
  return () => withoutThrowing(() => applicationFrame(taken?.stack));
}

function takeStack(): { readonly stack?: unknown } {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    return new Error();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function applicationFrame(stack: unknown): string | undefined {
  const [own, ...frames] = (typeof stack === 'string' ? stack : '')
    .split('\n')
    .map(locationOf)
    .filter((location) => location !== undefined);
  const ownRoot = OWN_FILE.exec(own ?? '')?.[1];
  const frame = frames.find(
    (location) =>
      !location.startsWith('node:') &&
      !/[\\/]node_modules[\\/]/.test(location) &&
      (ownRoot === undefined || !location.startsWith(ownRoot)),
  );
  return frame === undefined ? undefined : fromWorkingDirectory(frame);
}

/** Of `at async load (file:///srv/books.js:3:5)`, or the same without a name. */
function locationOf(line: string): string | undefined {
  const text = line.trim().replace(/^at (?:async )?/, '');
  const location = / \((.*)\)$/.exec(text)?.[1] ?? text;
  const position = POSITION.exec(location)?.[0];
  if (position === undefined || location.startsWith('eval at ')) {
    return undefined;
  }
  return location.startsWith('file:')
    ? fileURLToPath(location.slice(0, -position.length)) + position
    : location;
}

function fromWorkingDirectory(location: string): string {
  const path = relative(process.cwd(), location);
  return path.startsWith('..') ? location : path.split(sep).join('/');
}

/** A stack is an aid: it may be written by anybody's `Error.prepareStackTrace`, and the working directory may be gone. */
function withoutThrowing<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
