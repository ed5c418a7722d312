import type { Origin } from '../../request-scope/request-scope.js';
import { readsTable } from '../sql/reads-table.js';
import type { ObservedQuery, QuerySource } from '../source/query-source.interface.js';

/** Fingerprints that are told apart in one scope; a job may go on for hours. */
const MAX_FINGERPRINTS = 1000;

/** Reads that one scope repeated. */
export interface RepeatedRead {
  readonly fingerprint: string;
  /** Of the read that made it one. */
  readonly locate: Origin;
  readonly count: number;
}

/** Reads of one data source with one fingerprint. */
interface Reads {
  /** Those that the application sent. */
  count: number;
  /** Whether others are among them, which the data source sent on its own account. */
  isMixed: boolean;
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
  private size = 0;
  private readonly reads = new Map<QuerySource, Map<string, Reads>>();
  private readonly repeated: { fingerprint: string; reads: Reads; locate: Origin }[] = [];

  started(): void {
    this.count += 1;
    this.waiting = Math.max(0, this.waiting - 1);
  }

  /**
   * To be called where the read is sent. Until the `threshold`-th one, each is asked whether the application sent it; and
   * further ones only where some were not its own.
   *
   * @param takeLocation - called once for each data source and fingerprint, when it is read for the `threshold`-th time
   */
  read(
    { source, text }: Pick<ObservedQuery, 'source' | 'text'>,
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
        this.repeated.push({ fingerprint, reads, locate: takeLocation() });
      }
    }
  }

  /** Whether what is sent on the connection that its code asks for now may be what makes a read a repeated one. */
  acquiring(threshold: number): boolean {
    this.waiting += 1;
    return this.nearThreshold > 0 || this.waiting >= threshold;
  }

  get repeatedReads(): readonly RepeatedRead[] {
    return this.repeated.map(({ fingerprint, reads: { count }, locate }) => ({ fingerprint, locate, count }));
  }

  /** `undefined` when there are too many to tell them apart. */
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
