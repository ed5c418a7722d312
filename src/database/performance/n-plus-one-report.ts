import type { Logger } from '../../core/tool/logger.js';
import { WarningLimit } from '../../core/tool/warning-limit.js';
import { workName } from '../source/work-name.js';
import type { RepeatedRead } from './scope-queries.js';
import { printable, shownStatement } from '../sql/shown-statement.js';

/** Maximum number of patterns in the statistics. */
const MAX_PATTERNS = 200;
/** Maximum length of a statement in a warning. */
export const WARNING_LENGTH = 300;

/** An N+1 pattern: a read that a route repeats. */
export interface NPlusOnePattern {
  /** The template of the route, or the name of the unit of work. */
  readonly route: string;
  /** The method of the request; `undefined` for other units of work. */
  readonly method: string | undefined;
  /** The statement with `?` in place of values, without control characters. */
  readonly fingerprint: string;
  /** File, line and column of the application's code at the first finding. */
  readonly location: string | undefined;
  /** The number of requests with this pattern. */
  readonly findings: number;
  /** The largest number of reads in one request. */
  readonly maxReads: number;
}

/** Stores the patterns that were found, and warns once for each. */
export class NPlusOneReport {
  private readonly patterns = new Map<string, NPlusOnePattern>();
  private readonly limit = new WarningLimit();
  private isFull = false;

  constructor(private readonly logger: Logger) {}

  get all(): readonly NPlusOnePattern[] {
    return [...this.patterns.values()];
  }

  /** @param method - the method of a request */
  add(route: string, { fingerprint, locate, count }: RepeatedRead, method?: string): void {
    const key = `${method}\n${route}\n${fingerprint}`;
    const known = this.patterns.get(key);
    if (known !== undefined) {
      this.patterns.set(key, {
        ...known,
        findings: known.findings + 1,
        maxReads: Math.max(known.maxReads, count),
      });
    } else if (this.patterns.size < MAX_PATTERNS) {
      const pattern = {
        route,
        method,
        fingerprint: printable(fingerprint),
        location: locate(),
        findings: 1,
        maxReads: count,
      };
      this.patterns.set(key, pattern);
      this.warn(pattern);
    } else if (!this.isFull) {
      this.isFull = true;
      this.logger.warn(
        `N+1 queries: more than ${MAX_PATTERNS} patterns were found. Further patterns are counted, but not listed or logged.`,
      );
    }
  }

  private warn({ route, method, fingerprint, location, maxReads }: NPlusOnePattern): void {
    const unwarned = this.limit.admit();
    if (unwarned === undefined) {
      return;
    }
    const silent = unwarned === 0 ? '' : ` (${unwarned} further patterns were found without a warning)`;
    this.logger.warn(
      `N+1 queries: ${workName(route, method)} read ${maxReads} times: ${shownStatement(fingerprint, WARNING_LENGTH)}\n` +
        `  from ${printable(location ?? 'an unknown location')}. Read all rows at once: with a join, or with a list of keys.${silent}`,
    );
  }
}
