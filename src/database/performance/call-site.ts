import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInfrastructure, packageOf } from './infrastructure-packages.js';

/** Enough to get through an ORM's own calls. */
const FRAMES = 100;
const POSITION = /:\d+:\d+$/;
const OWN_FILE = /^(.*[\\/])database[\\/]performance[\\/][^\\/]+$/;
/** As bundlers name the sources of their maps, and the modules that they evaluate. */
const BUNDLER_SOURCE = /^(?:webpack|webpack-internal|rspack):\/\/[^/]*\/(?:\([^)]*\)\/)?(?:\.\/)?/;
const BUNDLER_HASH = /\?[0-9a-f]*(?=:\d+:\d+$)/;
/** Plug'n'Play's own code, which is in no package. */
const LOADER = /[\\/]\.pnp\.(?:c?js|loader\.mjs)$/;
/** Methods on the way from the application to a driver, where a bundle without a source map has all of them in one file. */
const ORM_METHOD =
  /^_?(?:\w+QueryRunner|\w*QueryBuilder|(?:Mongo|Sqljs)?EntityManager|(?:Mongo|Tree)?Repository|DataSource|Relation(?:Id)?Loader|BaseEntity|(?:Bound)?Pool|(?:Pool)?(?:Client|Connection))(?:\$?\d+)?\.|Repository(?:\$?\d+)?\.(?:find(?:By|ByIds|AndCount|AndCountBy|One|OneBy|OneById|OneOrFail|OneByOrFail)?|count|countBy|exists?|existsBy|query)$/;

/**
 * Takes the stack of the running call. Calling the result tells which code that came from, as `path:line:column` from the
 * working directory on: the first frame of the application's own files, else the first of a package that does not only carry
 * queries (see {@link isInfrastructure}). `undefined` when there is none, or when `Error.prepareStackTrace` was replaced by
 * a function that writes no stack. Awaited calls are followed (V8's asynchronous stack traces).
 *
 * To take a stack is cheap; what costs is to write it as text, which V8 does when it is first asked for.
 */
export function takeLocation(): () => string | undefined {
  const taken = withoutThrowing(takeStack);
  return () => withoutThrowing(() => taken && callSite(taken));
}

/** Both of one call: a stack is written once, and either as text or as what it consists of. */
interface TakenStack {
  readonly asText: { readonly stack?: unknown };
  readonly asCallSites: { readonly stack?: unknown };
}

/** A line of a stack. */
interface Frame {
  /** The function, as V8 writes it; empty when it has no name. */
  readonly caller: string;
  /** With line and column, as source maps say. */
  readonly location: string;
  /** What runs, whatever source maps say. */
  readonly file: string;
  /** Line and column in `file`. */
  readonly position: string;
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

function callSite(taken: TakenStack): string | undefined {
  const [own, ...callers] = framesOf(taken);
  if (own === undefined) {
    return undefined;
  }
  const ownRoots = [own.location, own.file].flatMap((path) => OWN_FILE.exec(path)?.[1] ?? []);
  const frames = callers.filter(
    ({ location, file }) =>
      !ownRoots.some((root) => location.startsWith(root) || file.startsWith(root)) &&
      !location.startsWith('node:') &&
      !LOADER.test(file),
  );
  const isBundled = ownRoots.length === 0;
  const outside = isBundled ? frames.filter(({ file }) => file !== own.file) : frames;
  const frame =
    outside.find((each) => packageOfFrame(each) === undefined) ??
    (isBundled ? callerInBundle(frames) : undefined) ??
    outside.find((each) => !isInfrastructure(packageOfFrame(each) ?? ''));
  return frame && fromWorkingDirectory(shownLocation(frame));
}

/**
 * The map of a package may lead out of `node_modules`, into what looks like the application, as those of TypeORM do; that of
 * a bundle leads into it.
 */
function packageOfFrame({ file, location }: Frame): string | undefined {
  return packageOf(file) ?? packageOf(location);
}

/** In one file with TypeORM and this library, only the names of functions tell the application's apart. */
function callerInBundle(frames: readonly Frame[]): Frame | undefined {
  const isOrm = (frame: Frame | undefined): boolean => ORM_METHOD.test(frame?.caller ?? '');
  const first = frames.findIndex(isOrm);
  return frames.find(
    (frame, index) =>
      index > first &&
      first >= 0 &&
      !isOrm(frame) &&
      !(/^(?:<anonymous>)?$/.test(frame.caller) && isOrm(frames[index + 1])) &&
      packageOfFrame(frame) === undefined,
  );
}

/** A package's own file, where its map names sources that are not published with it. */
function shownLocation({ file, location, position }: Frame): string {
  if (packageOf(file) !== undefined && packageOf(file) !== packageOf(location)) {
    return file + position;
  }
  return BUNDLER_SOURCE.test(location)
    ? location.replace(BUNDLER_SOURCE, '').replace(BUNDLER_HASH, '')
    : location;
}

function framesOf({ asText, asCallSites }: TakenStack): readonly Frame[] {
  const text = asText.stack;
  const lines = (typeof text === 'string' ? text : '').split('\n').filter((line) => /^\s*at /.test(line));
  const sites = withoutThrowing(() => sitesOf(asCallSites)) ?? [];
  return lines.flatMap((line, index) => {
    const [caller, path, position] = partsOf(line);
    const site = sites.length === lines.length ? sites[index] : undefined;
    return path === undefined
      ? []
      : {
          caller,
          location: path + position,
          file: site?.file === undefined ? path : pathOf(site.file),
          position: site?.position ?? position,
        };
  });
}

interface Site {
  readonly file: string | undefined;
  readonly position: string;
}

function sitesOf(taken: { readonly stack?: unknown }): readonly Site[] {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_error, callSites) =>
      callSites.map((site) => ({
        file: site.getFileName() ?? undefined,
        position: `:${site.getLineNumber()}:${site.getColumnNumber()}`,
      }));
    return taken.stack as Site[];
  } finally {
    if (prepare === undefined) {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    } else {
      Object.defineProperty(Error, 'prepareStackTrace', prepare);
    }
  }
}

/** Of `at async Books.load (file:///srv/books.js:3:5)`, or the same without a name. Evaluated code has no path. */
function partsOf(line: string): readonly [caller: string, path: string | undefined, position: string] {
  const text = line.trim().replace(/^at (?:async )?/, '');
  const [, caller = '', inParentheses] = /^(.*?) \((.*)\)$/.exec(text) ?? [];
  const location = inParentheses ?? text;
  const position = POSITION.exec(location)?.[0];
  return position === undefined || location.startsWith('eval at ') || location.includes('<anonymous>')
    ? [caller, undefined, '']
    : [caller, pathOf(location.slice(0, -position.length)), position];
}

function pathOf(fileOrUrl: string): string {
  return fileOrUrl.startsWith('file:') ? fileURLToPath(fileOrUrl) : fileOrUrl;
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
