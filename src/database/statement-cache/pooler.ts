import { nowMs } from '../../core/stopwatch.js';
import type { WatchedPool } from '../query-source.interface.js';

const TIMEOUT_MS = 5000;

/** After a failure, it is asked again. */
const RETRY_MS = 30_000;

/**
 * Finds out whether a pooler such as PgBouncer is between a pool and its server: it tells another process at the
 * connection's start than the one that answers. In transaction mode, one statement's connection is not the next one's.
 */
export class PoolerCheck {
  private isKnownDirect = false;
  private isAsking = false;
  private askAgainAtMs = 0;

  /**
   * @param onPooler - called when there is one
   * @param onFailure - called when it cannot be found out
   */
  constructor(
    private readonly pool: WatchedPool,
    private readonly onPooler: () => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Whether there is none. Not before it is known: the first call asks. */
  isDirect(): boolean {
    if (!this.isKnownDirect && !this.isAsking && nowMs() >= this.askAgainAtMs) {
      this.isAsking = true;
      void this.ask();
    }
    return this.isKnownDirect;
  }

  private async ask(): Promise<void> {
    try {
      const isDirect = await this.pool.withOwnConnection(TIMEOUT_MS, async (connection) => {
        const [row] = await connection.query('SELECT pg_backend_pid() AS pid');
        return Number(row?.['pid']) === connection.processId;
      });
      this.isKnownDirect = isDirect;
      this.askAgainAtMs = isDirect ? 0 : Infinity;
      if (!isDirect) {
        this.onPooler();
      }
    } catch (error) {
      this.askAgainAtMs = nowMs() + RETRY_MS;
      this.onFailure(error);
    } finally {
      this.isAsking = false;
    }
  }
}
