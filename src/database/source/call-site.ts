import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callSitesOf, takeStack, type TakenStack } from '../../core/tool/call-sites.js';

/** Enough to pass an ORM's own frames. */
const FRAMES = 100;
const POSITION = /:\d+:\d+$/;
const OWN_FILE = /^(.*[\\/])core[\\/]tool[\\/][^\\/]+$/;
/** The prefix of sources in a bundler's source maps, and of modules that it evaluates. */
const BUNDLER_SOURCE = /^(?:webpack|webpack-internal|rspack):\/\/[^/]*\/(?:\([^)]*\)\/)?(?:\.\/)?/;
const BUNDLER_HASH = /\?[0-9a-f]*(?=:\d+:\d+$)/;
/**
 * The function of the pool's hook that hands a connection over. What called it is the code that released the connection, and not
 * the code that has waited for it.
 */
const HANDED_OVER = /(?:^|[. ])connectionHandedOver(?:\$?\d+)?(?: \[as \w+\])?$/;
/** The code of Plug'n'Play, which is in no package. */
const LOADER = /[\\/]\.pnp\.(?:c?js|loader\.mjs)$/;
/** Methods between the application and a driver, for bundles without a source map, which have everything in one file. */
const ORM_METHOD =
  /^_?(?:\w+QueryRunner|\w*QueryBuilder|(?:Mongo|Sqljs)?EntityManager|(?:Mongo|Tree)?Repository|DataSource|Relation(?:Id)?Loader|BaseEntity|(?:Bound)?Pool|(?:Pool)?(?:Client|Connection))(?:\$?\d+)?\.|Repository(?:\$?\d+)?\.(?:find(?:By|ByIds|AndCount|AndCountBy|One|OneBy|OneById|OneOrFail|OneByOrFail)?|count|countBy|exists?|existsBy|query)$/;

/**
 * Takes the stack of the running call. Calling the result returns the code that it came from, as `path:line:column` relative to
 * the working directory: the first frame of the application's own files, else of the first package that is not in
 * {@link INFRASTRUCTURE}. Returns `undefined` when there is no such frame, or when a replaced
 * `Error.prepareStackTrace` writes no stack, and when another call released the connection that this one waited for. Awaited calls are followed (V8's asynchronous stack traces).
 */
export function takeLocation(): () => string | undefined {
  const taken = withoutThrowing(() => ({ asText: takeStack(FRAMES), asCallSites: takeStack(FRAMES) }));
  return () => withoutThrowing(() => taken && callSite(taken));
}

/** Two stacks of one call: each is written once, as text or as call sites. */
interface TakenStacks {
  readonly asText: TakenStack;
  readonly asCallSites: TakenStack;
}

/** A line of a stack. */
interface Frame {
  /** The function as V8 writes it; empty when it has no name. */
  readonly caller: string;
  /** File, line and column in the source, by the source map. */
  readonly location: string;
  /** The file that runs, without source maps. */
  readonly file: string;
  /** Line and column in `file`. */
  readonly position: string;
}

function callSite(taken: TakenStacks): string | undefined {
  const [own, ...all] = framesOf(taken);
  const handedOver = all.findIndex(({ caller }) => HANDED_OVER.test(caller));
  const callers = handedOver < 0 ? all : all.slice(0, handedOver);
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

/** Looks at the file first: a package's source map may lead out of `node_modules` (TypeORM's do). A bundle's leads into it. */
function packageOfFrame({ file, location }: Frame): string | undefined {
  return packageOf(file) ?? packageOf(location);
}

/** In one file with TypeORM and this library, only the names of functions identify the application's frames. */
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

/** Shows a package's own file when its source map names sources that are not published. */
function shownLocation({ file, location, position }: Frame): string {
  if (packageOf(file) !== undefined && packageOf(file) !== packageOf(location)) {
    return file + position;
  }
  return BUNDLER_SOURCE.test(location)
    ? location.replace(BUNDLER_SOURCE, '').replace(BUNDLER_HASH, '')
    : location;
}

function framesOf({ asText, asCallSites }: TakenStacks): readonly Frame[] {
  const text = asText.stack;
  const lines = (typeof text === 'string' ? text : '').split('\n').filter((line) => /^\s*at /.test(line));
  const sites = withoutThrowing(() => callSitesOf(asCallSites)) ?? [];
  return lines.flatMap((line, index) => {
    const [caller, path, position] = partsOf(line);
    const site = sites.length === lines.length ? sites[index] : undefined;
    return path === undefined
      ? []
      : {
          caller,
          location: path + position,
          file: pathOf(site?.getFileName() ?? path),
          position: site === undefined ? position : `:${site.getLineNumber()}:${site.getColumnNumber()}`,
        };
  });
}

/** Splits `at async Books.load (file:///srv/books.js:3:5)`, or the same without a name. Evaluated code has no path. */
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

/** The application's `Error.prepareStackTrace` may throw, and the working directory may be deleted. */
function withoutThrowing<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Packages that send or carry queries for other code: their frames are skipped. `*` stands for any end of a name. */
const INFRASTRUCTURE = `
  nestjs-hyper-metrics reflect-metadata tslib core-js regenerator-runtime zone.js source-map-support
  @swc/* @swc-node/* @babel/* tsx ts-node ts-node-dev

  typeorm typeorm-*
  pg pg-pool pg-cursor pg-query-stream pg-native pg-protocol @neondatabase/serverless @vercel/postgres
  mysql mysql2 mariadb better-sqlite3 sqlite3 sql.js mssql tedious msnodesqlv8 oracledb hdb hdb-pool @sap/hana-client
  @google-cloud/spanner google-gax @grpc/grpc-js mongodb expo-sqlite react-native react-native-sqlite-storage
  react-native-quick-sqlite @capacitor-community/sqlite nativescript-sqlite
  tarn generic-pool ioredis redis @redis/*

  @nestjs/* nestjs-cls @nestjs-cls/* rxjs
  graphql graphql-* @graphql-* @apollo/* apollo-server* @as-integrations/* mercurius @envelop/* type-graphql dataloader
  @whatwg-node/*
  express express-session express-rate-limit express-async-errors router connect body-parser raw-body finalhandler
  serve-static send on-finished path-to-regexp cookie-parser cookie-session passport passport-* cors helmet compression
  morgan multer fastify fastify-plugin @fastify/* middie avvio find-my-way light-my-request reusify fastq koa koa-compose
  koa-router @koa/* ws socket.io engine.io

  async async-mutex async-retry async-listener async-hook-jl bluebird q co es6-promise queue-microtask promise-retry
  p-all p-event p-limit p-map p-props p-queue p-reduce p-retry p-series p-timeout @supercharge/promise-pool
  cls-hooked cls-rtracer continuation-local-storage emitter-listener lodash lodash.* lodash-es underscore ramda
  @opentelemetry/* @sentry/* dd-trace dc-polyfill elastic-apm-node newrelic @newrelic/* applicationinsights shimmer
  diagnostic-channel diagnostic-channel-publishers import-in-the-middle require-in-the-middle
  vitest @vitest/* vite-node jest-* @jest/* mocha tinypool
`
  .trim()
  .split(/\s+/);

const NAMES: ReadonlySet<string> = new Set(INFRASTRUCTURE.filter((name) => !name.endsWith('*')));
const BEGINNINGS: readonly string[] = INFRASTRUCTURE.filter((name) => name.endsWith('*')).map((name) =>
  name.slice(0, name.indexOf('*')),
);

/** The innermost package of a path: packages are nested, and package managers link them from folders of their own. */
const PACKAGE = /^(?:.*[\\/])?node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/s;

/** Returns the name of a file's package; `undefined` outside of `node_modules`. */
function packageOf(path: string): string | undefined {
  return PACKAGE.exec(path)?.[1]?.replace('\\', '/');
}

/** Folders of tools count too, such as `node_modules/.vite`. */
function isInfrastructure(name: string): boolean {
  return (
    name.startsWith('.') || NAMES.has(name) || BEGINNINGS.some((beginning) => name.startsWith(beginning))
  );
}
