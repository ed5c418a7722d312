import type { FamilyDefinition } from './family-definition.js';
import type { FamilySnapshot } from './family-snapshot.js';

/**
 * Reads somebody else's state (the process, a pool, a cache) at scrape time and stores nothing.
 *
 * A collector that throws or rejects makes its families absent from that scrape; the failure is counted in
 * `metrics_collector_errors_total`.
 */
export interface Collector {
  /** Value of the label `collector` when it fails: a fixed word. */
  readonly name: string;
  /** The families it returns; a snapshot of any other is ignored. */
  readonly families: readonly FamilyDefinition[];
  /** Snapshots whose descriptors are the declared definitions. */
  collect(): readonly FamilySnapshot[] | Promise<readonly FamilySnapshot[]>;
}
