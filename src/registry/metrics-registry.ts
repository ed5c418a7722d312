import type { CatalogFamily } from '../catalog/catalog-family.js';
import { METRICS_COLLECTOR_ERRORS_TOTAL, METRICS_SERIES_DROPPED_TOTAL } from '../catalog/scrape.catalog.js';
import { metricName } from '../catalog/metric-name.js';
import type { Collector } from '../core/collector.js';
import type { Counter, CounterChild } from '../core/metric/counter.js';
import { InvalidDefinitionError, MetricConflictError } from '../core/errors.js';
import type { FamilyDefinition, MetricType } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import { CollectorErrors } from './collector-errors.js';
import { createFamily, createNoopFamily, definitionsDiffer, type AnyFamily } from './create-family.js';
import { gatherHost } from './gather.js';
import { isHostMetric, type HostRegistry } from '../core/host-registry.interface.js';
import { CollectorRunner, PulledFamily } from './pulled-family.js';
import { disconnect, SeriesBudget } from './series-budget.js';
import { GatherDeadline } from './gather-deadline.js';
import { type EntryContext, RegistryEntry, type SnapshotSource } from './registry-entry.js';
import { sampleNameClashes } from './sample-name-clashes.js';
import { type RegistrySettings, SharedSettings } from './shared-settings.js';

/**
 * The families and collectors of this library in one host registry under one prefix. Applications with the same host registry and
 * prefix share this object (see `registryOf()`), and with it their families.
 */
export class MetricsRegistry implements Gatherer, EntryContext {
  private readonly entries = new Map<string, RegistryEntry>();
  private readonly budget = new SeriesBudget((family) => this.droppedSamplesOf(family));
  readonly settings = new SharedSettings(this.budget);
  private hostGather: GatherDeadline | undefined;
  /** Counts values that could not be read. */
  readonly errors = new CollectorErrors(
    () =>
      this.family(
        metricName(METRICS_COLLECTOR_ERRORS_TOTAL, this.prefix),
        METRICS_COLLECTOR_ERRORS_TOTAL,
      ) as Counter,
  );

  constructor(
    readonly host: HostRegistry,
    readonly prefix: string,
    /** Whether families record nothing, as in a module with `enabled: false`. */
    readonly isNoop = false,
  ) {}

  /**
   * Applies the settings of an application.
   *
   * @throws {@link MetricConflictError} when another application shares the registry with other settings.
   */
  configure(settings: Partial<RegistrySettings>, owner: object): void {
    this.settings.configure(settings, owner);
  }

  /** The labels of every series of this library. */
  get defaultLabels(): Readonly<Record<string, string>> {
    return this.settings.defaultLabels;
  }

  /** The deadline of the host's gather: clients read all metrics of a registry synchronously, and a collector runs once for all. */
  get hostDeadline(): GatherDeadline {
    if (this.hostGather === undefined) {
      this.hostGather = new GatherDeadline(this.settings.collectorTimeoutMs);
      queueMicrotask(() => {
        this.hostGather = undefined;
      });
    }
    return this.hostGather;
  }

  /** Forgets an application. Its families stay registered, with their counts. */
  release(owner: object): void {
    this.settings.release(owner);
    for (const { owners } of this.entries.values()) {
      owners.delete(owner);
    }
  }

  /**
   * Returns the family that code records to under `name`; `undefined` if there is none or a collector reads it. Registers it
   * with the host again after a `clear()`.
   */
  find(name: string): AnyFamily | undefined {
    const known = this.entries.get(name);
    if (known === undefined || known.source instanceof PulledFamily) {
      return undefined;
    }
    this.reattach(name, known);
    return known.source as AnyFamily;
  }

  /**
   * Returns the family of `definition` under `name`, created and registered with the host when new.
   *
   * @throws {@link MetricConflictError} when the name is in use with another type, other labels or other buckets.
   */
  family(name: string, asked: FamilyDefinition, owner?: object): AnyFamily {
    const definition = this.settings.definitionOf(asked);
    const { source } = this.entry(name, definition, () => this.createFamily(name, definition), owner);
    if (source instanceof PulledFamily) {
      throw new MetricConflictError(
        `Metric "${name}" is read by a collector at scrape time. Use another name.`,
      );
    }
    return source as AnyFamily;
  }

  /** Adds a collector for the families that it declares. Returns a function that removes it. */
  addCollector(collector: Collector, owner?: object): () => void {
    if (this.isNoop) {
      return () => {};
    }
    const unmergeable = collector.families.find(({ type }) => type === 'histogram');
    if (unmergeable !== undefined) {
      throw new InvalidDefinitionError(
        `Collector "${collector.name}" declares the histogram "${unmergeable.name}". Collectors read counters and gauges.`,
      );
    }
    this.errors.expect([collector.name]);
    const runner = new CollectorRunner(collector, (name) => this.countError(name));
    const added: [string, PulledFamily][] = [];
    const remove = (): void => {
      for (const [name, family] of added.splice(0)) {
        if (!family.remove(runner)) {
          this.unregister(name);
        }
      }
    };
    try {
      for (const definition of collector.families) {
        const name = this.prefix + definition.name;
        const { source } = this.entry(name, definition, () => new PulledFamily(definition), owner);
        if (!(source instanceof PulledFamily)) {
          throw new MetricConflictError(
            `Metric "${name}" is already registered and not read by a collector.`,
          );
        }
        source.add(runner);
        added.push([name, source]);
      }
    } catch (error) {
      remove();
      throw error;
    }
    return remove;
  }

  /** Returns everything in the host's registry. Our families are read synchronously; no two calls share the result of a collector. */
  async gather(withinMs = Infinity): Promise<readonly FamilySnapshot[]> {
    if (this.isNoop) {
      return [];
    }
    for (const [name, entry] of this.entries) {
      if (entry.owners.size > 0) {
        this.reattach(name, entry);
        this.countIfReplaced(name, entry);
      }
    }
    return gatherHost(
      this.host,
      (name) => this.countError(name),
      Math.min(withinMs, this.settings.collectorTimeoutMs),
    );
  }

  /** Counts an error when the host has replaced our metric with its own: ours is not exported then. */
  private countIfReplaced(name: string, entry: RegistryEntry): void {
    if (this.host.getSingleMetric(name) !== entry) {
      this.countError(name);
    }
  }

  private entry(
    name: string,
    definition: FamilyDefinition,
    createSource: () => SnapshotSource,
    owner: object | undefined,
  ): RegistryEntry {
    const entry = this.usableEntry(name, definition) ?? this.createEntry(name, createSource());
    if (owner !== undefined) {
      entry.owners.add(owner);
    }
    return entry;
  }

  /** Returns the entry under `name`, of whichever prefix; `undefined` when there is none, or it is unused and was removed. */
  private usableEntry(name: string, definition: FamilyDefinition): RegistryEntry | undefined {
    const known = this.adopt(name);
    if (known === undefined) {
      return undefined;
    }
    const difference = definitionsDiffer(known.source.definition, definition);
    if (difference === undefined) {
      this.reattach(name, known);
      return known;
    }
    if (known.owners.size > 0) {
      throw new MetricConflictError(
        `Metric "${name}" is already registered ${difference}. Rename one, or reuse its definition.`,
      );
    }
    this.unregister(name);
    return undefined;
  }

  private createEntry(name: string, source: SnapshotSource): RegistryEntry {
    this.makeRoomForSamples(name, source.definition.type);
    const entry = new RegistryEntry(name, source, this);
    this.host.registerMetric(entry as never);
    this.entries.set(name, entry);
    return entry;
  }

  /** Removes unused metrics whose samples would have the names of new ones. */
  private makeRoomForSamples(name: string, type: MetricType): void {
    const find = (other: string): unknown => this.host.getSingleMetric(other) ?? this.entries.get(other);
    for (const { metric, other, sample } of sampleNameClashes({ name, type }, find)) {
      if (!(metric instanceof RegistryEntry) || metric.owners.size > 0) {
        throw new MetricConflictError(
          `The ${type} "${name}" and the registered metric "${other}" would both have samples named "${sample}". Rename one.`,
        );
      }
      this.entries.set(other, metric);
      this.unregister(other);
    }
  }

  private adopt(name: string): RegistryEntry | undefined {
    const metric = this.host.getSingleMetric(name);
    if (metric === undefined) {
      return this.entries.get(name);
    }
    if (!(metric instanceof RegistryEntry)) {
      if (!isHostMetric(metric)) {
        throw new InvalidDefinitionError(
          `"${name}" cannot be the name of a metric: it is a property of the object in which the registry keeps its metrics. ` +
            'Use another name.',
        );
      }
      throw new MetricConflictError(
        `Metric "${name}" is already in the registry and was not created by this library. ` +
          'Rename it, choose another `prefix`, or set the option `registry`.',
      );
    }
    this.entries.set(name, metric);
    return metric;
  }

  /**
   * Registers an entry again after a `clear()` of the registry. A family that an application uses keeps its counts; any other
   * starts at 0.
   */
  private reattach(name: string, entry: RegistryEntry): void {
    if (this.host.getSingleMetric(name) !== undefined) {
      return;
    }
    if (entry.owners.size === 0) {
      entry.reset();
    }
    this.host.registerMetric(entry as never);
  }

  private unregister(name: string): void {
    if (this.host.getSingleMetric(name) === this.entries.get(name)) {
      this.host.removeSingleMetric(name);
    }
    const source = this.entries.get(name)?.source;
    // Releases its part of the budget.
    source?.reset();
    if (source !== undefined && !(source instanceof PulledFamily)) {
      disconnect((source as AnyFamily).limit);
    }
    this.entries.delete(name);
  }

  private createFamily(name: string, definition: FamilyDefinition): AnyFamily {
    if (this.isNoop) {
      return createNoopFamily(definition);
    }
    const isExempt =
      (definition as Partial<CatalogFamily>).contract === true || definition === METRICS_SERIES_DROPPED_TOTAL;
    const limit = isExempt ? undefined : this.budget.limitOf(name);
    return createFamily(definition, limit, this.settings.nativeLimits);
  }

  private droppedSamplesOf(family: string): CounterChild | undefined {
    try {
      const name = metricName(METRICS_SERIES_DROPPED_TOTAL, this.prefix);
      return (this.family(name, METRICS_SERIES_DROPPED_TOTAL) as Counter).labels(family);
    } catch {
      // The host has another metric of that name.
      return undefined;
    }
  }

  /** Counts a value that could not be read. Never throws. */
  countError(collector: string): void {
    this.errors.count(collector);
  }
}
