import { callSitesOf, takeStack } from '../../core/tool/call-sites.js';

/** The usual distance from the connection's method to the calling code of TypeORM is 10 to 20 frames. */
const FRAMES = 30;

/**
 * Classes of TypeORM (0.3.20 to 1.1) that send reads of their own, each in a file of its name. They read rows before and after
 * they write them, load relations once for each read of the application, and maintain trees, the query-result cache and the
 * schema.
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

/** Classes that call listeners and subscribers of the application. */
const CALLS_APPLICATION = /^Broadcaster(?:Result)?$/;

const FIND_CONDITION = / WHERE (?:\( )?\(\(/;
const KEY_OR_PATH = / AND ["`]| AS ["`]path["`] FROM /;
/** Length of `LIMIT … OFFSET …` at the end of a text. */
const LIMIT_LENGTH = 40;

/**
 * A read of the query-result cache. Its text tells, for 0.3 is not in the stack any more. The table may have any name; reads of
 * entities have no `*`.
 */
const CACHE_READ = /^SELECT \* FROM .{1,200} (["`])cache\1 WHERE \1cache\1\.\1(?:identifier|query)\1 = /;

/** The name of a file, without its path and extension. */
const FILE_NAME = /([^\\/]+)\.[cm]?js$/;

/**
 * Whether TypeORM sends a read for itself, as part of another call of the application. To be called where the read is sent: the
 * stack is searched for names of TypeORM's classes and files. Returns `false` where TypeORM's names are minified.
 *
 * The stack costs about 15 µs. It is taken only when the text may be one of TypeORM's own reads.
 */
export function isTypeOrmsOwnRead(text: string): boolean {
  try {
    return (
      (text.startsWith('SELECT * ') && CACHE_READ.test(text)) ||
      (mayBeOwn(text) && isOwn(callSitesOf(takeStack(FRAMES))))
    );
  } catch {
    // The application may have replaced `Error`.
    return false;
  }
}

/**
 * Checks the form of the text, which costs less than a stack. TypeORM's own reads have quoted names, no `LIMIT`, and not the
 * double parentheses around each condition of `find()`; only reads of a node's path in a tree have them.
 */
function mayBeOwn(text: string): boolean {
  return (
    !text.includes(' LIMIT ', text.length - LIMIT_LENGTH) &&
    (text.includes(' FROM "') || text.includes(' FROM `')) &&
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
      // findTrees() reads the trees of all roots one by one.
      const method = site.getFunctionName();
      if (isOfTree && method === 'findTrees') {
        return true;
      }
      isOfTree ||= method === 'findDescendantsTree';
    }
  }
  return false;
}
