import { applicationFrame } from './application-frame.js';
import type { QueryFingerprint } from './query-fingerprint.js';

/** Fingerprints whose locations are remembered. */
const MAX_LOCATIONS = 500;

/**
 * Where in the application repeated reads come from. It is looked for once for each fingerprint: taking a stack costs a
 * quarter of a millisecond, and a route that repeats a read does so with every request.
 */
export class ReadLocations {
  private readonly known = new Map<QueryFingerprint, string | undefined>();

  /** To be called where the read is sent. */
  of(fingerprint: QueryFingerprint): string | undefined {
    if (this.known.has(fingerprint)) {
      return this.known.get(fingerprint);
    }
    if (this.known.size >= MAX_LOCATIONS) {
      this.known.clear();
    }
    const location = applicationFrame();
    this.known.set(fingerprint, location);
    return location;
  }
}
