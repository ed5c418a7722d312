/** Frames from the connection's method to TypeORM's code that asked: 10 to 20 are usual. */
const FRAMES = 30;

/**
 * Classes of TypeORM (0.3.20 to 1.1) that read on their own account, each in a file of its name: they read rows back that were
 * written, and those that are to be written; they follow up a read of the application once for each relation; they look after
 * trees, the query-result cache and the schema.
 */
const OWN_ACCOUNT: ReadonlySet<string> = new Set([
  'ReturningResultsEntityUpdator',
  'SubjectDatabaseEntityLoader',
  'ClosureSubjectExecutor',
  'MaterializedPathSubjectExecutor',
  'NestedSetSubjectExecutor',
  'RelationIdLoader',
  'RelationCountLoader',
  'DbQueryResultCache',
  'RdbmsSchemaBuilder',
]);

/** They call listeners and subscribers of the application. */
const CALLS_APPLICATION = /^Broadcaster(?:Result)?$/;

const FIND_CONDITION = / WHERE (?:\( )?\(\(/;
const KEY_OR_PATH = / AND ["`]| AS ["`]path["`] FROM /;
/** Of `LIMIT … OFFSET …` at the end of a text. */
const LIMIT_LENGTH = 40;

/**
 * Of the query-result cache, whose table may have any name: 0.3 has left the stack by then. What it reads for entities has no
 * `*`.
 */
const CACHE_READ = /^SELECT \* FROM .{1,200} (["`])cache\1 WHERE \1cache\1\.\1(?:identifier|query)\1 = /;

/** The name of a file, without its path and ending. */
const FILE_NAME = /([^\\/]+)\.[cm]?js$/;

/**
 * Whether TypeORM sends a read on its own account, as part of a call of the application that asks for something else. To be
 * called where the read is sent: its stack tells, by the names of TypeORM's classes and files. Where TypeORM is bundled and
 * its names are minified, the answer is `false`.
 *
 * The stack costs about 15 µs. It is taken only where the text could be one of TypeORM's own reads.
 */
export function isTypeOrmsOwnRead(text: string): boolean {
  try {
    return CACHE_READ.test(text) || (mayBeOwn(text) && isOwn(takeCallSites()));
  } catch {
    // Somebody has made `Error` another one. It is an aid.
    return false;
  }
}

/**
 * By its form, which costs less than a stack. TypeORM quotes names, its own reads have no `LIMIT`, and they ask for keys
 * without the double parentheses around each condition of `find()`, those of a node's path in a tree excepted.
 */
function mayBeOwn(text: string): boolean {
  return (
    (text.includes(' FROM "') || text.includes(' FROM `')) &&
    text.lastIndexOf(' LIMIT ') < text.length - LIMIT_LENGTH &&
    (!FIND_CONDITION.test(text) || KEY_OR_PATH.test(text))
  );
}

function isOwn(callSites: readonly NodeJS.CallSite[]): boolean {
  let isOfTree = false;
  for (const site of callSites) {
    const type = site.getTypeName() ?? '';
    if (CALLS_APPLICATION.test(type)) {
      return false;
    }
    const file = FILE_NAME.exec(site.getFileName() ?? '')?.[1] ?? '';
    if (OWN_ACCOUNT.has(type) || OWN_ACCOUNT.has(file)) {
      return true;
    }
    if (file === 'TreeRepository') {
      // It reads the trees of all roots one by one.
      const method = site.getFunctionName();
      if (isOfTree && method === 'findTrees') {
        return true;
      }
      isOfTree ||= method === 'findDescendantsTree';
    }
  }
  return false;
}

/** As V8 has them, whatever writes stacks in this process (source maps, a test runner). */
function takeCallSites(): readonly NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Error.stackTraceLimit = FRAMES;
    Error.prepareStackTrace = (_error, callSites) => callSites;
    return new Error().stack as unknown as readonly NodeJS.CallSite[];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (prepare === undefined) {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    } else {
      Object.defineProperty(Error, 'prepareStackTrace', prepare);
    }
  }
}
