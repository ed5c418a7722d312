import { isDeepStrictEqual } from 'node:util';
import { MetricConflictError } from '../core/errors.js';
import type { NativeLimits } from '../core/metric/native-buckets.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { type FamilyDefinition, isDuration } from '../core/family-definition.js';
import { DEFAULT_NATIVE_HISTOGRAMS_OPTIONS, DEFAULT_OPTIONS } from '../options/default-options.js';
import type { ResolvedNativeHistogramsOptions, SeriesBudgetLimits } from '../options/resolved-options.js';
import type { SeriesBudget } from './series-budget.js';
import { SharedTraceSource } from './shared-trace-source.js';

/** Settings of an application. Applications that share a registry must agree on labels, budget and native histograms. */
export interface RegistrySettings {
  readonly defaultLabels: Readonly<Record<string, string>>;
  readonly seriesBudget: SeriesBudgetLimits;
  /** Whether the durations of the catalog have native buckets, and the limit of the buckets of all native histograms. */
  readonly nativeHistograms: false | ResolvedNativeHistogramsOptions;
  /** How long a scrape waits for a collector or foreign metric. The longest timeout of the applications applies. */
  readonly collectorTimeoutMs: number;
  /** Called once per family that exceeds its limit. */
  readonly onOverflow: (family: string) => void;
  /** Traces for exemplars. Those of the first application that has them are recorded for all. */
  readonly traces: TraceSource | undefined;
}

const DEFAULT_SETTINGS: RegistrySettings = {
  defaultLabels: DEFAULT_OPTIONS.defaultLabels,
  seriesBudget: DEFAULT_OPTIONS.seriesBudget,
  nativeHistograms: DEFAULT_OPTIONS.nativeHistograms,
  collectorTimeoutMs: DEFAULT_OPTIONS.endpoint.collectorTimeoutMs,
  onOverflow: () => {},
  traces: undefined,
};

/** The settings of one registry while applications use it; else the defaults. */
export class SharedSettings {
  /** The timeouts by application. */
  private readonly timeouts = new Map<object, number>();
  private labels = DEFAULT_SETTINGS.defaultLabels;
  readonly traces = new SharedTraceSource();
  private native = DEFAULT_SETTINGS.nativeHistograms;
  /** The present limits of native histograms, also where durations of the catalog have none. */
  readonly nativeLimits: NativeLimits;

  constructor(private readonly budget: SeriesBudget) {
    const present = (): NativeLimits => this.native || DEFAULT_NATIVE_HISTOGRAMS_OPTIONS;
    this.nativeLimits = {
      get maxBuckets() {
        return present().maxBuckets;
      },
    };
  }

  get defaultLabels(): Readonly<Record<string, string>> {
    return this.labels;
  }

  /** Returns the definition of a family under these settings: durations of the catalog may have native buckets. */
  definitionOf(definition: FamilyDefinition): FamilyDefinition {
    const isOfCatalog = 'contract' in definition;
    return this.native !== false && isOfCatalog && isDuration(definition)
      ? { ...definition, native: true }
      : definition;
  }

  get collectorTimeoutMs(): number {
    return this.timeouts.size === 0
      ? DEFAULT_SETTINGS.collectorTimeoutMs
      : Math.max(...this.timeouts.values());
  }

  /**
   * Tells whether durations of the catalog will have native buckets, before the application starts: Nest makes providers before, and
   * those may ask for families. Without effect where an application has started.
   */
  announce(nativeHistograms: RegistrySettings['nativeHistograms']): void {
    if (this.timeouts.size === 0) {
      this.native = nativeHistograms;
    }
  }

  /** @throws {@link MetricConflictError} when another application has other labels, another budget or other native buckets. */
  configure(settings: Partial<RegistrySettings>, owner: object): void {
    const all = { ...DEFAULT_SETTINGS, ...settings };
    if (this.timeouts.size > 0) {
      assertSame('defaultLabels', this.labels, all.defaultLabels);
      assertSame('seriesBudget', this.budget.limits, all.seriesBudget);
      assertSame('nativeHistograms', this.native, all.nativeHistograms);
    }
    if (this.timeouts.size === 0) {
      this.budget.forgetWhatWasTold();
    }
    this.apply(all);
    this.timeouts.set(owner, all.collectorTimeoutMs);
    if (all.traces !== undefined) {
      this.traces.add(all.traces, owner);
    }
  }

  release(owner: object): void {
    this.timeouts.delete(owner);
    this.traces.remove(owner);
    if (this.timeouts.size === 0) {
      this.apply(DEFAULT_SETTINGS);
    }
  }

  private apply({ defaultLabels, seriesBudget, nativeHistograms, onOverflow }: RegistrySettings): void {
    this.labels = defaultLabels;
    this.native = nativeHistograms;
    this.budget.limits = seriesBudget;
    this.budget.onOverflow = onOverflow;
  }
}

function assertSame(option: string, current: unknown, asked: unknown): void {
  if (!isDeepStrictEqual(current, asked)) {
    throw new MetricConflictError(
      `${option} ${JSON.stringify(asked)} differ from ${JSON.stringify(current)}, which another application set for the ` +
        'same registry and prefix. Use the same value, another `prefix`, or the option `registry`. An application whose start ' +
        'failed keeps its settings until `close()` is called.',
    );
  }
}
