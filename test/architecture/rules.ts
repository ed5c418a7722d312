import type { SourceFile } from './source-files.js';

/** The folders of `src` by layer, from the lowest up: imports go down only, never up and never sideways. */
const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['catalog', 'request-scope'],
  ['options', 'monitoring'],
  ['registry'],
  [
    'exposition',
    'process',
    'http',
    'http-client',
    'schedule',
    'database',
    'decorators',
    'cluster',
    'tracing',
  ],
  ['endpoint', 'live', 'service'],
  ['module'],
  ['testing', 'command'],
  ['index.ts', 'testing.ts', 'cluster.ts', 'monitoring.ts', 'cli.ts'],
];

/** The rooms of a folder in the same order; `''` are the files of the folder itself. */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  core: [['', 'tool'], ['metric']],
  database: [
    ['sql'],
    ['source'],
    ['pg'],
    ['typeorm'],
    ['drivers'],
    ['health', 'performance', 'pool', 'query', 'slow-query-log', 'statement-cache'],
    [''],
  ],
};

const NEST_ROLES =
  /\.(module|providers|service|controller|interceptor|guard|decorator)\.ts$|^options\/|^index\.ts$/;
const CLIENT_FOLDERS = /^(registry|process|service)\//;
const MAX_LINES = 300;

const folderOf = (path: string): string => path.split('/')[0] ?? '';
const layerOf = (path: string): number => LAYERS.findIndex((folders) => folders.includes(folderOf(path)));
const roomOf = (path: string): string => (path.split('/').length > 2 ? (path.split('/')[1] ?? '') : '');

/** Whether `target` is below `path`: in a lower layer, or in a lower room of the same folder. */
function isBelow(target: string, path: string): boolean {
  const folder = folderOf(path);
  if (folderOf(target) !== folder) {
    return layerOf(target) < layerOf(path);
  }
  const rooms = ROOMS[folder];
  const level = (file: string): number => rooms?.findIndex((names) => names.includes(roomOf(file))) ?? 0;
  return rooms === undefined || roomOf(target) === roomOf(path) || level(target) < level(path);
}

/** Every breach of the conventions in these files, as sentences. */
export function breaches(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(breachesOf), ...cycles(files)];
}

function breachesOf({ path, lines, imports, exportsAll }: SourceFile): string[] {
  const found: string[] = [];
  const rooms = ROOMS[folderOf(path)];
  if (layerOf(path) < 0 || rooms?.some((names) => names.includes(roomOf(path))) === false) {
    found.push(`${path} is in no known folder`);
  }
  if (lines > MAX_LINES) {
    found.push(`${path} has ${lines} lines`);
  }
  if (exportsAll && !path.includes('/')) {
    found.push(`${path} exports everything of another file`);
  }
  for (const { target, internal, typeOnly } of imports) {
    if (internal) {
      if (!isBelow(target, path)) {
        found.push(`${path} imports ${target}, which is not below it`);
      }
    } else if (target.startsWith('@nestjs/') && !NEST_ROLES.test(path)) {
      found.push(`${path} imports ${target}, and its name has no Nest role`);
    } else if (isClient(target) && (!CLIENT_FOLDERS.test(path) || typeOnly)) {
      found.push(`${path} imports ${target}`);
    } else if (/^(typeorm|pg|pg-[a-z-]+|@nestjs\/typeorm)($|\/)/.test(target)) {
      found.push(`${path} imports the optional package ${target}`);
    }
  }
  return found;
}

const isClient = (target: string): boolean =>
  target === 'prom-client' || target.startsWith('@prometheus-io/');

/** Cycles of imports, those of types included: files that know each other are one file. */
function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ internal }) => internal).map(({ target }) => target),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`imports go round: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
    } else if (!done.has(path)) {
      graph.get(path)?.forEach((target) => visit(target, [...trail, path]));
      done.add(path);
    }
  };
  for (const path of graph.keys()) {
    visit(path, []);
  }
  return found;
}
