/** How far a statement may change the meaning of later texts. A greater reach includes the smaller ones. */
export enum Reach {
  None,
  /** The connection until the end of the transaction: `SET LOCAL`. */
  Transaction,
  /** The connection: `SET`, temporary objects, the application's functions and procedures. */
  Session,
  /** All connections to the database: it creates, alters or drops objects. */
  Database,
}

/** A setting of the session that a statement changes. */
export interface Setting {
  /** In lower case. */
  readonly name: string;
  /** Whether it reverts at the end of the transaction. */
  readonly isLocal: boolean;
}

/** The reach of statements by their first word. Other words have {@link Reach.Session}. */
const REACHES: ReadonlyMap<string, Reach> = new Map([
  ...words(
    Reach.None,
    'select insert update delete merge values table with explain show copy declare fetch move close lock listen ' +
      'unlisten notify begin start commit end rollback abort savepoint release prepare truncate vacuum analyze analyse ' +
      'cluster reindex checkpoint comment refresh security',
  ),
  // `EXECUTE` runs the statement of `PREPARE`, with its functions.
  ...words(Reach.Session, 'do call execute deallocate discard load'),
  // Privileges decide which schemas are searched.
  ...words(Reach.Database, 'create alter drop import grant revoke reassign'),
]);

/**
 * Settings that do not change the meaning of a text: its names, types and constants. Names with a dot belong to extensions and
 * applications; PostgreSQL's parser does not read them.
 */
const HARMLESS_SETTINGS =
  /\.|^(?:transaction|characteristics|constraints|seed|application_name|client_min_messages|constraint_exclusion|cursor_tuple_fraction|lc_messages|lock_timeout|maintenance_work_mem|plan_cache_mode|row_security|session_replication_role|statement_timeout|synchronous_commit|temp_buffers|temp_tablespaces|vacuum_\w+|work_mem|\w+_cost|\w+_collapse_limit|(?:commit|debug|default_transaction|effective|enable|geqo|gin|hash_mem|idle|jit|log|max_parallel|min_parallel|parallel|track|transaction|tcp|wal)_\w+|geqo|jit)$/;

/** Settings that every server reports. The constants in a text depend on them. */
export const REPORTED_SETTINGS = [
  'timezone',
  'datestyle',
  'intervalstyle',
  'standard_conforming_strings',
  'client_encoding',
] as const;
/** Reported since PostgreSQL 18. The names in a text depend on it. */
export const SEARCH_PATH = 'search_path';

/** Settings that have another name in `SET`. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  time: 'timezone',
  names: 'client_encoding',
  schema: 'search_path',
  authorization: 'session_authorization',
};

/**
 * Keywords that may precede a parenthesis, and types with a length. Other keywords are missing: an application may have a
 * function of that name.
 */
export const NO_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'all and any array as asc between bit by case cast char character check coalesce collate columns conflict cube ' +
    'current_time current_timestamp dec decimal default desc distinct do else end escape except exclude exists explain extract ' +
    'filter first float for from greatest group grouping groups having ilike in intersect interval into is ' +
    'join lateral least like limit localtime localtimestamp materialized nchar normalize not ' +
    'nullif numeric offset on only or order over overlaps position ' +
    'returning rollup row rows select set sets some system table tablesample then time ' +
    'timestamp to treat trim union unique using values varchar varying when where window with zone ' +
    'bernoulli json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize ' +
    'json_table json_value xmlagg xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize ' +
    'xmltable'
  ).split(' '),
);

/** Returns the effect of a statement on the session, from its first words in lower case. Parts of a name begin with a `.`. */
export function effectOf(statement: readonly string[]): Reach | Setting {
  const [first, second = '', third = '', fourth = ''] = statement;
  switch (first) {
    case undefined:
      return Reach.None;
    case 'set':
    case 'reset':
      return settingEffect(statement.slice(1));
    case 'create':
      return CREATES_TEMPORARY.test(`${second} ${third} ${fourth}`) ? Reach.Session : Reach.Database;
    case 'explain':
      // With `ANALYZE` it runs the statement.
      return statement.includes('create') || statement.includes('execute') ? Reach.Database : Reach.None;
    case 'commit':
    case 'rollback':
      // The transaction of another session may have changed objects.
      return second === 'prepared' ? Reach.Database : Reach.None;
    default:
      return REACHES.get(first) ?? Reach.Session;
  }
}

/** Does not match an object of that name. */
const CREATES_TEMPORARY = /^(?:or replace |local |global )?temp(?:orary)?(?: |$)/;

export function isTemporary(word: string | undefined): boolean {
  return /^temp(?:orary)?$/i.test(word ?? '');
}

/** Whether a setting does not change the meaning of a text. */
export function isHarmless(name: string): boolean {
  return HARMLESS_SETTINGS.test(name.toLowerCase());
}

/** Whether a setting that a server reports changes the meaning of a text. */
export function isReported(name: string): boolean {
  const setting = name.toLowerCase();
  return setting === SEARCH_PATH || REPORTED_SETTINGS.some((reported) => reported === setting);
}

function settingEffect(statement: readonly string[]): Reach | Setting {
  const isLocal = statement[0] === 'local';
  // `SET SESSION AUTHORIZATION` and `SET SESSION CHARACTERISTICS` are other statements.
  const [first = '', second = ''] = isLocal || statement[0] === 'session' ? statement.slice(1) : statement;
  const name = second.startsWith('.') ? first + second : (OTHER_NAMES[first] ?? first).toLowerCase();
  return isHarmless(name) ? Reach.None : { name, isLocal };
}

function words(reach: Reach, list: string): [string, Reach][] {
  return list.split(' ').map((word) => [word, reach]);
}
