import type { Logger } from '../../core/logger.js';
import { nowMs } from '../../core/stopwatch.js';
import type { RepeatedRead } from './scope-queries.js';

/** Patterns that are kept for the statistics and are not warned of again. */
const MAX_PATTERNS = 200;
/** Warnings at most in this time. */
const WARNINGS = 10;
const WARNING_PERIOD_MS = 60_000;
/** Characters of a fingerprint in a warning. */
const SHOWN_LENGTH = 300;

/** An N+1 pattern: one read that a route repeats. */
export interface NPlusOnePattern {
  /** The route's template, or the name of the unit of work. */
  readonly route: string;
  /** The read, with `?` in place of values. */
  readonly fingerprint: string;
  /** The file, line and column of the application that sent it when it was found first. */
  readonly location: string | undefined;
  /** In how many requests it was found. */
  readonly findings: number;
  /** The most reads in one request. */
  readonly maxReads: number;
}

/** Remembers the patterns that were found, and warns of each once. */
export class NPlusOneReport {
  private readonly patterns = new Map<string, NPlusOnePattern>();
  private warnings = 0;
  private unwarned = 0;
  private isFull = false;
  private periodStartedAtMs = -Infinity;

  constructor(private readonly logger: Logger) {}

  get all(): readonly NPlusOnePattern[] {
    return [...this.patterns.values()];
  }

  add(route: string, { fingerprint, locate, count }: RepeatedRead): void {
    const key = `${route}\n${fingerprint}`;
    const known = this.patterns.get(key);
    if (known !== undefined) {
      this.patterns.set(key, {
        ...known,
        findings: known.findings + 1,
        maxReads: Math.max(known.maxReads, count),
      });
    } else if (this.patterns.size < MAX_PATTERNS) {
      const pattern = { route, fingerprint, location: locate(), findings: 1, maxReads: count };
      this.patterns.set(key, pattern);
      this.warn(pattern);
    } else if (!this.isFull) {
      this.isFull = true;
      this.log(
        `N+1 queries: there are more than ${MAX_PATTERNS} patterns of them. Further ones are counted, and neither listed nor warned of.`,
      );
    }
  }

  private warn({ route, fingerprint, location, maxReads }: NPlusOnePattern): void {
    if (nowMs() - this.periodStartedAtMs >= WARNING_PERIOD_MS) {
      this.periodStartedAtMs = nowMs();
      this.warnings = 0;
    }
    if (this.warnings >= WARNINGS) {
      this.unwarned += 1;
      return;
    }
    this.warnings += 1;
    const cut = fingerprint.length > SHOWN_LENGTH ? `${fingerprint.slice(0, SHOWN_LENGTH)}…` : fingerprint;
    // Names in quotes may have line breaks and what terminals obey.
    const shown = cut.replaceAll(/\p{Cc}/gu, ' ');
    const silent =
      this.unwarned === 0 ? '' : ` (${this.unwarned} further patterns were found without a warning)`;
    this.unwarned = 0;
    this.log(
      `N+1 queries: ${route} read ${maxReads} times: ${shown}\n` +
        `  from ${location ?? 'an unknown place'}. Read all rows at once: with a join, or with a list of keys.${silent}`,
    );
  }

  private log(message: string): void {
    try {
      this.logger.warn(message);
    } catch {
      // The request must not fail with the logger.
    }
  }
}
