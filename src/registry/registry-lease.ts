import type { CatalogFamily } from '../catalog/catalog-family.js';
import { metricName } from '../catalog/metric-name.js';
import type { Collector } from '../core/collector.js';
import type { Counter } from '../core/metric/counter.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { Gauge } from '../core/metric/gauge.js';
import type { Histogram } from '../core/metric/histogram.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import type { MetricsRegistry } from './metrics-registry.js';
import type { RegistrySettings } from './shared-settings.js';

/** The family class of a definition. */
export type FamilyOf<D extends FamilyDefinition> =
  D extends FamilyDefinition<infer Label>
    ? D['type'] extends 'counter'
      ? Counter<Label>
      : D['type'] extends 'gauge'
        ? Gauge<Label>
        : Histogram<Label>
    : never;

/**
 * One application's use of a {@link MetricsRegistry}: its families and collectors. `release()` removes the collectors; the families
 * stay, with their counts, for applications that share them.
 */
export class RegistryLease implements Gatherer {
  private readonly removals: (() => void)[] = [];
  private readonly gatherListeners: (() => void)[] = [];

  constructor(readonly registry: MetricsRegistry) {}

  /** @throws `MetricConflictError` when another application shares the registry with other settings. */
  configure(settings: Partial<RegistrySettings>): void {
    this.registry.configure(settings, this);
  }

  /**
   * The traces of running code. A recorder keeps this object, takes `current()` where a measurement begins, and records with
   * `observeTraced()` and `incTraced()`. Its methods return `undefined` while the option `exemplars` is off.
   */
  get traces(): TraceSource {
    return this.registry.settings.traces;
  }

  /** Returns a family of the catalog, under the prefix. */
  catalogFamily<D extends CatalogFamily>(definition: D): FamilyOf<D> {
    const name = metricName(definition, this.registry.prefix);
    return this.registry.family(name, definition, this) as FamilyOf<D>;
  }

  /** Returns a family that the user defines, without the prefix. */
  customFamily<D extends FamilyDefinition>(definition: D): FamilyOf<D> {
    return this.registry.family(definition.name, definition, this) as FamilyOf<D>;
  }

  addCollector(collector: Collector): void {
    this.removals.push(this.registry.addCollector(collector, this));
  }

  /** Counts a value that could not be read, by the fixed word `collector`. */
  countError(collector: string): void {
    this.registry.countError(collector);
  }

  /** Exports the errors of these collectors from 0 on. */
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

  /** Whether a metric of that name is registered, readable or not. */
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
