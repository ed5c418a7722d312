import type { QueryFingerprint } from './query-fingerprint.js';

/** Fingerprints that are told apart in one scope; a job may go on for hours. */
const MAX_FINGERPRINTS = 1000;

/** Reads that one scope repeated. */
export interface RepeatedRead {
  readonly fingerprint: QueryFingerprint;
  /** Where the read that made it one came from. */
  readonly location: string | undefined;
  readonly count: number;
}

/** The queries of one unit of work. */
export class ScopeQueries {
  /** Those that began. */
  count = 0;
  /** Of those that have ended. */
  durationMs = 0;
  private readonly reads = new Map<QueryFingerprint, number>();
  private readonly repeated = new Map<QueryFingerprint, string | undefined>();

  /** @param locate - asked once for each fingerprint, when it is read for the `threshold`-th time */
  read(fingerprint: QueryFingerprint, threshold: number, locate: () => string | undefined): void {
    const count = (this.reads.get(fingerprint) ?? 0) + 1;
    if (count === 1 && this.reads.size >= MAX_FINGERPRINTS) {
      return;
    }
    this.reads.set(fingerprint, count);
    if (count === threshold) {
      this.repeated.set(fingerprint, locate());
    }
  }

  get repeatedReads(): readonly RepeatedRead[] {
    return Array.from(this.repeated, ([fingerprint, location]) => ({
      fingerprint,
      location,
      count: this.reads.get(fingerprint) ?? 0,
    }));
  }
}
