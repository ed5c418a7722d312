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
  return () => withoutThrowing(() => taken && applicationFrame(taken));
}

/** Both of one call: a stack is written once, and either as text or as what it consists of. */
interface TakenStack {
  readonly asText: { readonly stack?: unknown };
  readonly asCallSites: { readonly stack?: unknown };
}

function takeStack(): TakenStack {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    return { asText: new Error(), asCallSites: new Error() };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function applicationFrame({ asText, asCallSites }: TakenStack): string | undefined {
  const text = asText.stack;
  const lines = (typeof text === 'string' ? text : '').split('\n').filter((line) => /^\s*at /.test(line));
  const files = withoutThrowing(() => filesOf(asCallSites)) ?? [];
  const [own, ...frames] = lines
    .map((line, index) => ({
      location: locationOf(line),
      file: files.length === lines.length ? files[index] : undefined,
    }))
    .filter(({ location }) => location !== undefined);
  const ownRoot = OWN_FILE.exec(own?.location ?? '')?.[1];
  const frame = frames.find(
    ({ location = '', file }) =>
      !location.startsWith('node:') &&
      !isOfPackage(location) &&
      !isOfPackage(file ?? '') &&
      (ownRoot === undefined || !location.startsWith(ownRoot)),
  );
  return frame?.location === undefined ? undefined : fromWorkingDirectory(frame.location);
}

function isOfPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}

/**
 * The files that run, whatever source maps say: those of packages may lead out of `node_modules`, into what looks like the
 * application, as those of TypeORM do.
 */
function filesOf(taken: { readonly stack?: unknown }): readonly (string | undefined)[] {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_error, callSites) => callSites.map((site) => site.getFileName() ?? undefined);
    return taken.stack as (string | undefined)[];
  } finally {
    if (prepare === undefined) {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    } else {
      Object.defineProperty(Error, 'prepareStackTrace', prepare);
    }
  }
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
