import type { FamilyDefinition } from './family-definition.js';
import type { FamilySnapshot } from './family-snapshot.js';

/**
 * Reads state that exists elsewhere (the process, a pool, a cache) at scrape time and stores nothing.
 *
 * When a collector throws or rejects, its families are absent from that scrape, and `metrics_collector_errors_total` counts the
 * failure.
 */
export interface Collector {
  /** The value of the label `collector` of its errors: a fixed word. */
  readonly name: string;
  /** The families that it returns. Snapshots of other families are ignored. */
  readonly families: readonly FamilyDefinition[];
  /** Returns snapshots whose descriptors are the declared definitions. */
  collect(): readonly FamilySnapshot[] | Promise<readonly FamilySnapshot[]>;
}
