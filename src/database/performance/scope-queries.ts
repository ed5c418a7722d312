import type { Origin } from '../../request-scope/request-scope.js';
import { readsTable } from '../sql/reads-table.js';
import type { ObservedQuery, QuerySource } from '../source/query-source.interface.js';

/** Maximum number of fingerprints in one scope: a job may run for hours. */
const MAX_FINGERPRINTS = 1000;

/** A read that one scope repeated. */
export interface RepeatedRead {
  readonly fingerprint: string;
  /** The location of the read that reached the threshold. */
  readonly locate: Origin;
  readonly count: number;
}

/** The reads of one data source with one fingerprint. */
interface Reads {
  /** Reads of the application. */
  count: number;
  /** Whether the data source has sent such reads for itself, too. */
  isMixed: boolean;
  /** What is reported of them, once they are repeated. */
  repeated?: Repeated;
}

interface Repeated {
  readonly fingerprint: string;
  readonly reads: Reads;
  locate: Origin;
  hasOrigin: boolean;
}

/** The queries of one unit of work. */
export class ScopeQueries {
  /** Queries that have started. */
  count = 0;
  /** The total duration of queries that have ended. */
  durationMs = 0;
  /** Approximate number of requested connections that have not sent a statement yet. */
  private waiting = 0;
  /** Fingerprints that are one read below the threshold. */
  private nearThreshold = 0;
  private size = 0;
  private readonly reads = new Map<QuerySource, Map<string, Reads>>();
  private readonly repeated: Repeated[] = [];
  private allowed: ScopeQueries | undefined;

  started(): void {
    this.count += 1;
    this.waiting = Math.max(0, this.waiting - 1);
  }

  /**
   * To be called where the read is sent. Below the threshold, each read is checked for whether the application sent it. From
   * there on, reads are checked only if earlier ones were the data source's own.
   *
   * @param takeLocation - called once for each data source and fingerprint, at the read that reaches the threshold
   */
  read(
    { source, text, origin }: Pick<ObservedQuery, 'source' | 'text' | 'origin'>,
    fingerprint: string,
    threshold: number,
    takeLocation: () => Origin,
  ): void {
    const reads = this.reads.get(source)?.get(fingerprint) ?? this.begin(source, fingerprint);
    if (reads === undefined) {
      return;
    }
    if ((reads.isMixed || reads.count < threshold) && source.isOwnRead?.(text) === true) {
      reads.isMixed = true;
      return;
    }
    reads.count += 1;
    if (reads.count === threshold - 1) {
      this.nearThreshold += 1;
    }
    if (reads.count === threshold) {
      this.nearThreshold -= 1;
      if (readsTable(fingerprint)) {
        reads.repeated = { fingerprint, reads, locate: takeLocation(), hasOrigin: origin !== undefined };
        this.repeated.push(reads.repeated);
      }
    } else if (origin !== undefined && reads.repeated?.hasOrigin === false) {
      locateBy(reads.repeated, origin);
    }
  }

  /** Counts a request for a connection. Returns whether its first statement may reach the threshold. */
  acquiring(threshold: number): boolean {
    this.waiting += 1;
    return this.nearThreshold > 0 || this.waiting >= threshold;
  }

  /** The reads of code that may repeat them. */
  get allowedReads(): ScopeQueries {
    return (this.allowed ??= new ScopeQueries());
  }

  /** The number of reads that were repeated by code that may do so. */
  get allowedRepeatedReads(): number {
    return this.allowed?.repeated.length ?? 0;
  }

  get repeatedReads(): readonly RepeatedRead[] {
    return this.repeated.map(({ fingerprint, reads: { count }, locate }) => ({ fingerprint, locate, count }));
  }

  /** Returns `undefined` above the maximum number of fingerprints. */
  private begin(source: QuerySource, fingerprint: string): Reads | undefined {
    if (this.size >= MAX_FINGERPRINTS) {
      return undefined;
    }
    this.size += 1;
    const reads = { count: 0, isMixed: false };
    const ofSource = this.reads.get(source);
    if (ofSource === undefined) {
      this.reads.set(source, new Map([[fingerprint, reads]]));
    } else {
      ofSource.set(fingerprint, reads);
    }
    return reads;
  }
}

/**
 * Adds the origin of a later read to a location that may be unknown. Reads on new connections start in any order, and only the last of
 * them have an origin, so the read at the threshold may have none.
 */
function locateBy(repeated: Repeated, origin: Origin): void {
  const { locate } = repeated;
  repeated.locate = () => locate() ?? origin();
  repeated.hasOrigin = true;
}
