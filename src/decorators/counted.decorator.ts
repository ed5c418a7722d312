import { METHOD_CALLS_TOTAL } from '../catalog/methods.catalog.js';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { CounterChild } from '../core/metric/counter.js';
import { InvalidDefinitionError } from '../core/errors.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import type { Outcome } from '../core/tool/outcome.js';
import { CallRecorder, type MethodIdentity } from './call-recorder.js';
import { methodOrClassDecorator } from './decorate.js';
import { type MethodMetricOptions, readMethodMetric } from './method-metric.js';
import { MethodSeries } from './method-series.js';
import type { MetricsOwner } from './metrics-owner.js';

/** Options of {@link Counted}. */
export interface CountedOptions extends MethodMetricOptions {
  /**
   * Whether only calls with the outcome `error` are counted.
   *
   * @defaultValue `false`
   */
  readonly recordFailuresOnly?: boolean | undefined;
}

class CountedRecorder extends CallRecorder<LegalExemplarLabels | undefined> {
  private readonly traces: TraceSource;

  constructor(
    owner: MetricsOwner,
    method: MethodIdentity,
    private readonly calls: MethodSeries<CounterChild>,
    private readonly failuresOnly: boolean,
  ) {
    super(owner, method);
    this.traces = owner.registry.traces;
    calls.prepare(failuresOnly ? ['error'] : ['success', 'error']);
  }

  override begin(): LegalExemplarLabels | undefined {
    return this.traces.current();
  }

  protected override record(
    trace: LegalExemplarLabels | undefined,
    outcome: Outcome,
    self: unknown,
    args: readonly unknown[],
    detail: unknown,
  ): void {
    if (!this.failuresOnly || outcome === 'error') {
      this.calls.childFor(outcome, self, args, detail).incTraced(outcome === 'error' ? trace : undefined);
    }
  }
}

/**
 * Counts calls of a method by `outcome` when they have ended. Calls begin and end as with {@link Timed}. On a class, it applies
 * to every method that the class declares without its own `@Counted()`.
 *
 * Without a name the family is `<prefix>method_calls_total{class,method,outcome}`. With a name, which should end in
 * `_total`, it is a counter of exactly that name, with `outcome` and the given labels. The outcomes `success` and `error` are
 * exported at 0 if all labels have fixed values, so that the first failure shows as an increase.
 *
 * @throws `InvalidDefinitionError`, when the decorator is evaluated, on invalid options; `MetricConflictError`, at start-up, if
 *   the name is registered with another type or other labels.
 */
export function Counted(options?: string | CountedOptions): MethodDecorator & ClassDecorator;
export function Counted(...given: unknown[]): MethodDecorator & ClassDecorator {
  const metric = readMethodMetric<typeof METHOD_CALLS_TOTAL, CountedOptions>(given, {
    decorator: 'Counted',
    catalogFamily: METHOD_CALLS_TOTAL,
    help: 'Total calls by outcome, counted when they have ended.',
    furtherOptions: ['recordFailuresOnly'],
  });
  const { recordFailuresOnly: failuresOnly = false } = metric.options;
  if (typeof failuresOnly !== 'boolean') {
    throw new InvalidDefinitionError(
      `recordFailuresOnly of @Counted() is ${String(failuresOnly)}; allowed: true or false.`,
    );
  }
  return methodOrClassDecorator('Counted', (owner, method) => {
    const family = metric.family(owner.registry);
    const calls = new MethodSeries(family, metric.labelsOf(method), owner, method);
    return new CountedRecorder(owner, method, calls, failuresOnly);
  });
}
