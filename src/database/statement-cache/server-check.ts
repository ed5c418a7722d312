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
    return this.isPassed || this.allowsPooler;
  }

  /** Regards all functions as harmful until the next check. */
  functionsChanged(): void {
    this.isOutdated = true;
    this.harmless = new Set();
  }

  isHarmless(functionName: string): boolean {
    return this.harmless.has(functionName);
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
        this.harmless = new Set(Array.isArray(row['harmless']) ? (row['harmless'] as string[]) : []);
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

async function askServer(connection: OwnConnection): Promise<{ isDirect: boolean; row: Row }> {
  const [row = {}] = await connection
    .query(
      `SELECT ${PROCESS}, current_setting('server_version_num')::int >= 180000 AS reports_path, (${HARMLESS_FUNCTIONS}) AS harmless`,
    )
    // Other databases with PostgreSQL's protocol may lack its catalog.
    .catch(() => connection.query(`SELECT ${PROCESS}`));
  return { isDirect: Number(row['pid']) === connection.processId, row };
}
