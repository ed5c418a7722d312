import { isDeepStrictEqual } from 'node:util';
import { MetricConflictError } from '../core/errors.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { DEFAULT_OPTIONS } from '../options/default-options.js';
import type { SeriesBudgetLimits } from '../options/resolved-options.js';
import type { SeriesBudget } from './series-budget.js';
import { SharedTraceSource } from './shared-trace-source.js';

/** Settings of an application. Applications that share a registry must agree on labels and budget. */
export interface RegistrySettings {
  readonly defaultLabels: Readonly<Record<string, string>>;
  readonly seriesBudget: SeriesBudgetLimits;
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

  constructor(private readonly budget: SeriesBudget) {}

  get defaultLabels(): Readonly<Record<string, string>> {
    return this.labels;
  }

  get collectorTimeoutMs(): number {
    return this.timeouts.size === 0
      ? DEFAULT_SETTINGS.collectorTimeoutMs
      : Math.max(...this.timeouts.values());
  }

  /** @throws {@link MetricConflictError} when another application has other labels or another budget. */
  configure(settings: Partial<RegistrySettings>, owner: object): void {
    const all = { ...DEFAULT_SETTINGS, ...settings };
    if (this.timeouts.size > 0) {
      assertSame('defaultLabels', this.labels, all.defaultLabels);
      assertSame('seriesBudget', this.budget.limits, all.seriesBudget);
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

  private apply({ defaultLabels, seriesBudget, onOverflow }: RegistrySettings): void {
    this.labels = defaultLabels;
    this.budget.limits = seriesBudget;
    this.budget.onOverflow = onOverflow;
  }
}

function assertSame(option: string, current: object, asked: object): void {
  if (!isDeepStrictEqual(current, asked)) {
    throw new MetricConflictError(
      `${option} ${JSON.stringify(asked)} differ from ${JSON.stringify(current)}, which another application set for the ` +
        'same registry and prefix. Use the same value, another `prefix`, or the option `registry`. An application whose start ' +
        'failed keeps its settings until `close()` is called.',
    );
  }
}
