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

/** The source of an entry's numbers: a family of this library, or collectors. */
export interface SnapshotSource {
  readonly definition: FamilyDefinition;
  /** Returns `undefined` when the family cannot be read. */
  snapshot(deadline: GatherDeadline): FamilySnapshot | Promise<FamilySnapshot | undefined>;
  reset(): void;
}

/** What an entry needs of its registry. */
export interface EntryContext {
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** The deadline of a gather that the host's client runs. */
  readonly hostDeadline: GatherDeadline;
}

/**
 * One family as a metric in the host's registry: `metrics()`, `getMetricsAsJSON()`, `AggregatorRegistry` and `Pushgateway` of the
 * client see it.
 */
export class RegistryEntry implements HostMetric {
  /** The applications that use the family. Without owners it can be redefined. */
  readonly owners = new Set<object>();
  readonly help: string;
  readonly type: string;
  /** `AggregatorRegistry` throws on metrics without aggregator. */
  readonly aggregator: string;

  private renamedTo: string | undefined;
  /** The same object for every scrape: formats cache prepared bytes by it. */
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
   * prom-client renames metrics in place before it reads them for OpenMetrics, and does not restore the name. Here the new name is
   * used for the next `get()` only.
   */
  set name(name: string) {
    this.renamedTo = name;
  }

  /** Returns the family under its full name, with the default labels. */
  async snapshot(deadline: GatherDeadline): Promise<FamilySnapshot | undefined> {
    const snapshot = await this.source.snapshot(deadline);
    const constantLabels = this.context.defaultLabels;
    return snapshot && { ...snapshot, descriptor: this.descriptor, constantLabels };
  }

  /** For the host's registry. A family that cannot be read has no values. */
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

/** Scalars have no `metricName`: prom-client derives it from the name, which it may have changed. */
function hostValues(snapshot: FamilySnapshot): HostMetricValue[] {
  const isHistogram = snapshot.descriptor.type === 'histogram';
  return samplesOf(snapshot).map(({ name, labels, value }, position) => ({
    value,
    labels,
    ...(isHistogram && { metricName: name }),
    ...exemplarOf(snapshot, position),
  }));
}

/** Returns the exemplar of a sample. A series of a histogram has a sample for each bucket, then sum and count. */
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
