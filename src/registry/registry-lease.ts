import type { CatalogFamily } from '../catalog/catalog-family.js';
import { metricName } from '../catalog/metric-name.js';
import type { Collector } from '../core/collector.js';
import type { Counter } from '../core/metric/counter.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { Gauge } from '../core/metric/gauge.js';
import type { Histogram } from '../core/metric/histogram.js';
import type { MetricsRegistry } from './metrics-registry.js';
import type { RegistrySettings } from './shared-settings.js';

/** The family class that belongs to a definition. */
export type FamilyOf<D extends FamilyDefinition> =
  D extends FamilyDefinition<infer Label>
    ? D['type'] extends 'counter'
      ? Counter<Label>
      : D['type'] extends 'gauge'
        ? Gauge<Label>
        : Histogram<Label>
    : never;

/**
 * One application's hold on a {@link MetricsRegistry}: the families it uses and the collectors it added. Releasing
 * it takes the collectors out; the families stay for whoever shares them, with their counts.
 */
export class RegistryLease implements Gatherer {
  private readonly removals: (() => void)[] = [];
  private readonly gatherListeners: (() => void)[] = [];

  constructor(readonly registry: MetricsRegistry) {}

  /** @throws `MetricConflictError` when another application shares the registry under other settings. */
  configure(settings: Partial<RegistrySettings>): void {
    this.registry.configure(settings, this);
  }

  /** A family of the catalog, under the prefix. */
  catalogFamily<D extends CatalogFamily>(definition: D): FamilyOf<D> {
    const name = metricName(definition, this.registry.prefix);
    return this.registry.family(name, definition, this) as FamilyOf<D>;
  }

  /** A family that the user defines, under the name given. */
  customFamily<D extends FamilyDefinition>(definition: D): FamilyOf<D> {
    return this.registry.family(definition.name, definition, this) as FamilyOf<D>;
  }

  addCollector(collector: Collector): void {
    this.removals.push(this.registry.addCollector(collector, this));
  }

  /** Counts a value that could not be read, under a fixed word that says where it comes from. */
  countError(collector: string): void {
    this.registry.countError(collector);
  }

  /** Exports the errors of these from 0 on, as those of every collector. */
  expectErrors(collectors: readonly string[]): void {
    this.registry.errors.expect(collectors);
  }

  /** Calls `listener` before each scrape of this application. It must not throw. */
  onGather(listener: () => void): void {
    this.gatherListeners.push(listener);
  }

  gather(withinMs?: number): Promise<readonly FamilySnapshot[]> {
    this.gatherListeners.forEach((listener) => listener());
    return this.registry.gather(withinMs);
  }

  /** Whether there is a metric of that name, ours or the host's, be it that it cannot be read at present. */
  has(name: string): boolean {
    return this.registry.host.getSingleMetric(name) !== undefined;
  }

  release(): void {
    this.registry.release(this);
    this.gatherListeners.length = 0;
    for (const remove of this.removals.splice(0)) {
      remove();
    }
  }
}
