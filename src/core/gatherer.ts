import type { FamilySnapshot } from './family-snapshot.js';

/**
 * Produces every family of a scrape. The endpoint and `collect()` consume this interface and do not know
 * whether one process or a cluster answers. (The term is client_golang's.)
 */
export interface Gatherer {
  /**
   * Never rejects because a single family cannot be read: that family is absent, and the failure counted.
   *
   * @throws `MetricsUnavailableError`, as a rejection, when a cluster has no answer now.
   * @param withinMs - how long the caller can wait, when that may be shorter than what is set: what is late is absent
   */
  gather(withinMs?: number): Promise<readonly FamilySnapshot[]>;
}
