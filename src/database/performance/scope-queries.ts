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
  /** Connections that its code asked a pool for, and has not sent anything on yet: about, for pools do not tell what is sent on which. */
  private waiting = 0;
  /** Fingerprints that one more read will make repeated. */
  private nearThreshold = 0;
  private readonly reads = new Map<string, number>();
  private readonly repeated = new Map<string, Origin>();

  started(): void {
    this.count += 1;
    this.waiting = Math.max(0, this.waiting - 1);
  }

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
    this.waiting += 1;
    return this.nearThreshold > 0 || this.waiting >= threshold;
  }

  get repeatedReads(): readonly RepeatedRead[] {
    return Array.from(this.repeated, ([fingerprint, locate]) => ({
      fingerprint,
      locate,
      count: this.reads.get(fingerprint) ?? 0,
    }));
  }
}
