/** A stack that was taken. It is written at the first access to `stack`. */
export interface TakenStack {
  readonly stack?: unknown;
}

/** Takes the stack of the running call, with this function as the first frame. To take a stack is cheap, to write it is not. */
export function takeStack(maxFrames: number): TakenStack {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = maxFrames;
    return new Error();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns V8's call sites of a stack that is not written yet. Source-map support and test runners do not change them. */
export function callSitesOf(taken: TakenStack): readonly NodeJS.CallSite[] {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_error, callSites) => callSites;
    return taken.stack as readonly NodeJS.CallSite[];
  } finally {
    if (prepare === undefined) {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    } else {
      Object.defineProperty(Error, 'prepareStackTrace', prepare);
    }
  }
}
