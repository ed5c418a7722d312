import { nowMs } from '../../core/tool/stopwatch.js';
import type { OwnConnection, Row, WatchedPool } from '../source/query-source.interface.js';
import type { ServerKnowledge } from './session-change.js';
import { REPORTED_SETTINGS, SEARCH_PATH } from './session-statements.js';

const TIMEOUT_MS = 5000;

/** Delay after a failed check. */
const RETRY_MS = 30_000;

const PROCESS = 'pg_backend_pid() AS pid';
/**
 * Names of functions that cannot change the session: the server's own, functions written in C, and functions that are not
 * volatile. The last must not change settings or objects (CREATE FUNCTION, "Volatility Categories"), but may call
 * `set_config()`. An immutable function that reads settings or tables is declared wrongly: a generic plan would keep its result.
 */
const HARMLESS_FUNCTIONS = `
  SELECT array_agg(name::text) FROM (
    SELECT p.proname AS name
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    GROUP BY p.proname
    HAVING bool_and(
      n.nspname IN ('pg_catalog', 'information_schema')
      OR l.lanname IN ('c', 'internal')
      OR p.provolatile <> 'v' AND p.prosrc <> '' AND p.prosrc !~* 'set_config'
        AND (p.provolatile = 's' OR p.prosrc !~* '\\m(current_setting|select|from|perform)\\M')
    )
  ) AS functions
  WHERE name !~ '^(set_config|pg_reload_conf|query_to_xml.*|cursor_to_xml.*|ts_stat|ts_rewrite|crosstab.*|connectby)$'`;

/**
 * Names of relations that change the session when they are used: a view, or a table with a trigger, rule, default, constraint
 * or policy, that calls `set_config()` or an acting function. The source of an acting function has one of the strings below,
 * or the name of another acting function.
 */
const ACTING_RELATIONS = `
  WITH RECURSIVE sources AS (
    SELECT p.oid, lower(p.proname) AS name, lower(p.prosrc) AS source
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE l.lanname NOT IN ('c', 'internal') AND p.pronamespace <> 'pg_catalog'::regnamespace
  ), acting AS (
    SELECT oid, name FROM sources
    WHERE source ~ 'set_config(?!\\s*\\(\\s*''[^'']*\\.)|search_path|session_authorization|\\m(deallocate|discard)\\M'
      OR source ~ '\\mset\\s+(local\\s+|session\\s+)?(role|schema)\\M'
      OR source ~ '\\m(create(\\s+or\\s+replace)?|into)\\s+(local\\s+|global\\s+)?temp(orary)?\\M'
    UNION
    SELECT s.oid, s.name FROM sources s
    JOIN acting a ON strpos(s.source, a.name) > 0
      AND s.source ~ ('\\m' || regexp_replace(a.name, '(\\W)', '\\\\\\1', 'g') || '\\M')
  ), calls AS (
    SELECT ':funcid (' || string_agg(oid::text, '|') || ') ' AS pattern
    FROM (SELECT oid FROM acting UNION SELECT 'pg_catalog.set_config'::regproc::oid) AS functions
  ), relations AS (
    SELECT relation FROM (
      SELECT tgrelid AS relation FROM pg_catalog.pg_trigger JOIN acting ON acting.oid = tgfoid WHERE NOT tgisinternal
      UNION SELECT ev_class FROM pg_catalog.pg_rewrite, calls WHERE oid >= 16384 AND ev_action::text || ev_qual::text ~ pattern
      UNION SELECT adrelid FROM pg_catalog.pg_attrdef, calls WHERE adbin::text ~ pattern
      UNION SELECT conrelid FROM pg_catalog.pg_constraint, calls WHERE conbin::text ~ pattern
      UNION SELECT polrelid FROM pg_catalog.pg_policy, calls WHERE concat(polqual::text, polwithcheck::text) ~ pattern
    ) AS direct
    UNION
    SELECT r.ev_class
    FROM relations
    JOIN pg_catalog.pg_depend d ON d.refobjid = relation
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.classid = 'pg_catalog.pg_rewrite'::regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
  )
  SELECT array_agg(DISTINCT c.relname::text) FROM relations JOIN pg_catalog.pg_class c ON c.oid = relation`;

/**
 * Checks a server, on a connection of its own, before statements get names: is there a pooler such as PgBouncer, and what can
 * change a session? A pooler reports another process id at the start of the connection than the process that answers; in
 * transaction mode it may give each statement another connection.
 */
export class ServerCheck implements ServerKnowledge {
  private isPassed = false;
  private isAsking = false;
  private askAgainAtMs = 0;
  private harmless: ReadonlySet<string> = new Set();
  /** Whether functions were created or altered since the last check. */
  private isOutdated = false;
  /** Whether there was a check since the last such change. */
  private isCurrent = true;
  /** Matches texts with the name of an acting relation; `undefined` when there is none. */
  private acting: RegExp | undefined;
  private reported: ReadonlySet<string> = new Set();

  /**
   * @param allowsPooler - a pooler is present that keeps a connection for the whole session
   * @param onPooler - called when a pooler is found that is not allowed
   * @param onFailure - called when the check fails
   */
  constructor(
    private readonly pool: WatchedPool,
    private readonly allowsPooler: boolean,
    private readonly onPooler: () => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Whether statements may have names. The first call starts the check; without `allowsPooler` it returns false until then. */
  allowsNames(): boolean {
    if ((!this.isPassed || this.isOutdated) && !this.isAsking && nowMs() >= this.askAgainAtMs) {
      this.isAsking = true;
      this.isOutdated = false;
      void this.ask();
    }
    return this.isCurrent && (this.isPassed || this.allowsPooler);
  }

  /** Names no statement until the next check. */
  functionsChanged(): void {
    this.isOutdated = true;
    this.isCurrent = false;
  }

  isHarmless(functionName: string): boolean {
    return this.harmless.has(functionName);
  }

  isActing(text: string): boolean {
    return this.acting?.test(text) === true;
  }

  reports(setting: string): boolean {
    return this.reported.has(setting);
  }

  private async ask(): Promise<void> {
    try {
      const { isDirect, row } = await this.pool.withOwnConnection(TIMEOUT_MS, askServer);
      if (isDirect) {
        // A pooler may not forward the server's reports.
        this.reported = new Set([
          ...REPORTED_SETTINGS,
          ...(row['reports_path'] === true ? [SEARCH_PATH] : []),
        ]);
      }
      if (!this.isOutdated) {
        this.isCurrent = true;
        this.harmless = new Set(stringsOf(row['harmless']));
        this.acting = matcherOf(stringsOf(row['acting']));
      }
      this.isPassed = isDirect || this.allowsPooler;
      this.askAgainAtMs = this.isPassed ? 0 : Infinity;
      if (!this.isPassed) {
        this.onPooler();
      }
    } catch (error) {
      this.askAgainAtMs = nowMs() + RETRY_MS;
      this.isOutdated = true;
      if (!this.isPassed && !this.allowsPooler) {
        this.onFailure(error);
      }
    } finally {
      this.isAsking = false;
    }
  }
}

const stringsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : []);

function matcherOf(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) {
    return undefined;
  }
  const patterns = names.map((name) => name.replace(/[^\w\u0080-\uffff]/g, String.raw`\$&`));
  return new RegExp(String.raw`(?<![\w$\u0080-\uffff])(?:${patterns.join('|')})(?![\w$\u0080-\uffff])`, 'i');
}

async function askServer(connection: OwnConnection): Promise<{ isDirect: boolean; row: Row }> {
  const [row = {}] = await connection
    .query(
      `SELECT ${PROCESS}, current_setting('server_version_num')::int >= 180000 AS reports_path,
        (${HARMLESS_FUNCTIONS}) AS harmless, (${ACTING_RELATIONS}) AS acting`,
    )
    // Other databases with PostgreSQL's protocol may lack its catalog.
    .catch(() => connection.query(`SELECT ${PROCESS}`));
  return { isDirect: Number(row['pid']) === connection.processId, row };
}
