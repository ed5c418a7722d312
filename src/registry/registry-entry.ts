import { aggregatorOf, type FamilyDefinition } from '../core/family-definition.js';
import type { FamilyDescriptor, FamilySnapshot } from '../core/family-snapshot.js';
import { samplesOf } from '../core/samples.js';
import type {
  HostExemplar,
  HostMetric,
  HostMetricValue,
  HostMetricValues,
} from '../core/host-registry.interface.js';
import type { GatherDeadline } from './gather-deadline.js';

/** Where an entry's numbers come from: a family of ours, or collectors. */
export interface SnapshotSource {
  readonly definition: FamilyDefinition;
  /** `undefined` when the family cannot be read now. */
  snapshot(deadline: GatherDeadline): FamilySnapshot | Promise<FamilySnapshot | undefined>;
  reset(): void;
}

/** What an entry needs to know of its registry. */
export interface EntryContext {
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** The reading that the host has begun. */
  readonly hostDeadline: GatherDeadline;
}

/**
 * Stands for one family in the host's registry, as one metric among the host's own, so that everything that
 * reads the registry (`metrics()`, `getMetricsAsJSON()`, `AggregatorRegistry`, `Pushgateway`) sees it.
 */
export class RegistryEntry implements HostMetric {
  /** The applications that use the family; without any it may be redefined. */
  readonly owners = new Set<object>();
  readonly help: string;
  readonly type: string;
  /** `AggregatorRegistry` throws on metrics without one. */
  readonly aggregator: string;

  private renamedTo: string | undefined;
  /** The same object for every scrape: formats keep what they have prepared for it. */
  private readonly descriptor: FamilyDescriptor;

  constructor(
    private readonly fullName: string,
    readonly source: SnapshotSource,
    private readonly context: EntryContext,
  ) {
    const { definition } = source;
    this.descriptor = { ...definition, name: fullName };
    this.help = definition.help;
    this.type = definition.type;
    this.aggregator = aggregatorOf(definition.aggregation ?? 'sum');
  }

  get name(): string {
    return this.fullName;
  }

  /**
   * prom-client renames metrics in place right before it reads them for OpenMetrics, and never back. Here the other
   * name lasts for that one reading.
   */
  set name(name: string) {
    this.renamedTo = name;
  }

  /** The family under its full name, with the application's default labels. */
  async snapshot(deadline: GatherDeadline): Promise<FamilySnapshot | undefined> {
    const snapshot = await this.source.snapshot(deadline);
    const constantLabels = this.context.defaultLabels;
    return snapshot && { ...snapshot, descriptor: this.descriptor, constantLabels };
  }

  /** For the host's registry; a family that cannot be read has no values. */
  async get(): Promise<HostMetricValues> {
    const name = this.renamedTo ?? this.fullName;
    this.renamedTo = undefined;
    const snapshot = await this.snapshot(this.context.hostDeadline);
    return {
      name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: snapshot === undefined ? [] : hostValues(snapshot),
    };
  }

  /** For the host's `resetMetrics()`. */
  reset(): void {
    this.source.reset();
  }
}

/** Scalars carry no `metricName`: prom-client derives it from the name, which it may have renamed. */
function hostValues(snapshot: FamilySnapshot): HostMetricValue[] {
  const isHistogram = snapshot.descriptor.type === 'histogram';
  return samplesOf(snapshot).map(({ name, labels, value }, position) => ({
    value,
    labels,
    ...(isHistogram && { metricName: name }),
    ...exemplarOf(snapshot, position),
  }));
}

/** That of the sample at `position`: a series of a histogram has a sample for each of its values, then sum and count. */
function exemplarOf(
  { descriptor, exemplars }: FamilySnapshot,
  position: number,
): { exemplar?: HostExemplar } {
  const width = (descriptor.buckets?.length ?? 0) + 1;
  const samples = descriptor.type === 'histogram' ? width + 2 : width;
  const part = position % samples;
  const exemplar = part < width ? exemplars?.get(Math.floor(position / samples) * width + part) : undefined;
  if (exemplar === undefined) {
    return {};
  }
  const { labels, value, timestampSeconds } = exemplar;
  return { exemplar: { labelSet: labels, value, timestamp: timestampSeconds } };
}
