import type { FamilySnapshot } from './family-snapshot.js';

/**
 * Produces every family of a scrape: the metrics of one process, or merged metrics of a cluster. (The term is client_golang's.)
 */
export interface Gatherer {
  /**
   * Returns all families that can be read. A family that cannot be read is absent, and the failure is counted.
   *
   * @param withinMs - how long the caller waits, when that is shorter than the configured timeout; late families are absent
   * @throws `MetricsUnavailableError`, as a rejection, when a cluster does not answer.
   */
  gather(withinMs?: number): Promise<readonly FamilySnapshot[]>;
}
