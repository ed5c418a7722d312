import type { ObservedQuery } from './query-source.interface.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';

/** Finds the fingerprints of statements as their database reads them. */
export class Fingerprints {
  private readonly caches = { standard: new FingerprintCache(), mysql: new FingerprintCache('mysql') };

  of({ text, isMySql }: ObservedQuery): string {
    return this.caches[isMySql === true ? 'mysql' : 'standard'].of(text);
  }
}
