import { Registry } from 'prom-client';
import type { Collector } from '../../../src/core/collector.js';
import type { Counter } from '../../../src/core/metric/counter.js';
import type { Aggregation, FamilyDefinition, MetricType } from '../../../src/core/family-definition.js';
import { scalarSnapshot, type FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition } from '../../support/parse-exposition.js';

export const ERRORS = 'app_metrics_collector_errors_total';

export const pulled = (name: string, type: MetricType, aggregation?: Aggregation): FamilyDefinition => ({
  name,
  type,
  help: `${name}.`,
  labelNames: ['pool'],
  ...(aggregation && { aggregation }),
});
export const SIZE = pulled('size', 'gauge');
export const OPENED = pulled('opened_total', 'counter');

export const reading = (
  definition: FamilyDefinition,
  values: Readonly<Record<string, number>>,
): FamilySnapshot =>
  scalarSnapshot(
    definition,
    Object.entries(values).map(([pool, value]) => ({ labelRow: [pool], value })),
  );

export const collector = (
  name: string,
  families: readonly FamilyDefinition[],
  collect: Collector['collect'],
): Collector => ({ name, families, collect });

export function setUp() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  return {
    host,
    registry,
    scrape: async () => parseExposition(await exposeAsText(registry)).series,
    errorsOf: (name: string) => (registry.find(ERRORS) as Counter | undefined)?.labels(name).value ?? 0,
  };
}

export const broken = () => {
  throw new Error('broken');
};
