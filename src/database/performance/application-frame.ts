import { relative, sep } from 'node:path';

/** Enough to get through an ORM's own calls. */
const FRAMES = 100;
const FRAME = /\(?((?:file:\/\/)?[^()\s][^()]*:\d+:\d+)\)?$/;
const OWN_FILE = /^(.*)[\\/]database[\\/]performance[\\/][^\\/]+$/;

/**
 * Where in the application's code the running call comes from, as `path:line:column` from the working directory on;
 * `undefined` when only packages, Node.js and this library are on the stack. Awaited calls are followed (V8's asynchronous
 * stack traces).
 */
export function applicationFrame(): string | undefined {
  const [own, ...frames] = stackLocations();
  const ownRoot = OWN_FILE.exec(own ?? '')?.[1];
  const frame = frames.find(
    (location) =>
      !location.startsWith('node:') &&
      !/[\\/]node_modules[\\/]/.test(location) &&
      (ownRoot === undefined || !location.startsWith(ownRoot)),
  );
  return frame === undefined ? undefined : fromWorkingDirectory(frame);
}

function stackLocations(): string[] {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    // Somebody's `Error.prepareStackTrace` may make anything of it.
    const stack: unknown = new Error().stack;
    return typeof stack !== 'string'
      ? []
      : stack
          .split('\n')
          .map((line) =>
            FRAME.exec(line.trim())?.[1]
              ?.replace(/^(async |at )+/, '')
              .replace('file://', ''),
          )
          .filter((location) => location !== undefined);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function fromWorkingDirectory(location: string): string {
  const path = relative(process.cwd(), location);
  return path.startsWith('..') ? location : path.split(sep).join('/');
}
