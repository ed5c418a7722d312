import type { Origin } from '../../request-scope/request-scope.js';

/** Fingerprints that are told apart in one scope; a job may go on for hours. */
const MAX_FINGERPRINTS = 1000;

/** Reads that one scope repeated. */
export interface RepeatedRead {
  readonly fingerprint: string;
  /** Of the read that made it one. */
  readonly locate: Origin;
  readonly count: number;
}

/** The queries of one unit of work. */
export class ScopeQueries {
  /** Those that began. */
  count = 0;
  /** Of those that have ended. */
  durationMs = 0;
  /** How often its code asked a pool for a connection. */
  private acquires = 0;
  /** Fingerprints that one more read will make repeated. */
  private nearThreshold = 0;
  private readonly reads = new Map<string, number>();
  private readonly repeated = new Map<string, Origin>();

  /** @param takeLocation - called once for each fingerprint, when it is read for the `threshold`-th time */
  read(fingerprint: string, threshold: number, takeLocation: () => Origin): void {
    const count = (this.reads.get(fingerprint) ?? 0) + 1;
    if (count === 1 && this.reads.size >= MAX_FINGERPRINTS) {
      return;
    }
    this.reads.set(fingerprint, count);
    if (count === threshold - 1) {
      this.nearThreshold += 1;
    }
    if (count === threshold) {
      this.nearThreshold -= 1;
      this.repeated.set(fingerprint, takeLocation());
    }
  }

  /** Whether what is sent on the connection that its code asks for now may be what makes a read a repeated one. */
  acquiring(threshold: number): boolean {
    this.acquires += 1;
    const waiting = this.acquires - this.count;
    return this.nearThreshold > 0 || waiting >= threshold;
  }

  get repeatedReads(): readonly RepeatedRead[] {
    return Array.from(this.repeated, ([fingerprint, locate]) => ({
      fingerprint,
      locate,
      count: this.reads.get(fingerprint) ?? 0,
    }));
  }
}
