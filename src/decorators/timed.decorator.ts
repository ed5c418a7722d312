import { METHOD_DURATION_SECONDS } from '../catalog/methods.catalog.js';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { HistogramChild } from '../core/metric/histogram.js';
import type { Outcome } from '../core/tool/outcome.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import { CallRecorder, type MethodIdentity } from './call-recorder.js';
import { methodOrClassDecorator } from './decorate.js';
import { type MethodMetricOptions, readMethodMetric } from './method-metric.js';
import { MethodSeries } from './method-series.js';
import type { MetricsOwner } from './metrics-owner.js';

/** Options of {@link Timed}. */
export interface TimedOptions extends MethodMetricOptions {
  /**
   * Upper bounds of the buckets in seconds, rising, without `+Inf`.
   *
   * @defaultValue fourteen, from 0.1 ms to 10 s
   */
  readonly buckets?: readonly number[] | undefined;
}

/** The start of a call: an object only for calls of traced code. */
type Begun = number | { readonly startedAtMs: number; readonly trace: LegalExemplarLabels };

class TimedRecorder extends CallRecorder<Begun> {
  private readonly traces: TraceSource;

  constructor(
    owner: MetricsOwner,
    method: MethodIdentity,
    private readonly durations: MethodSeries<HistogramChild>,
  ) {
    super(owner, method);
    this.traces = owner.registry.traces;
  }

  override begin(): Begun {
    const trace = this.traces.current();
    const startedAtMs = nowMs();
    return trace === undefined ? startedAtMs : { startedAtMs, trace };
  }

  protected override record(
    begun: Begun,
    outcome: Outcome,
    self: unknown,
    args: readonly unknown[],
    detail: unknown,
  ): void {
    const isTraced = typeof begun === 'object';
    const seconds = secondsSince(isTraced ? begun.startedAtMs : begun);
    this.durations
      .childFor(outcome, self, args, detail)
      .observeTraced(seconds, isTraced ? begun.trace : undefined);
  }
}

/**
 * Records the duration of a method's calls in seconds. On a class, it applies to every method that the class declares without
 * its own `@Timed()`. A call ends, by the kind of its result:
 *
 * - a promise: when it settles
 * - an Observable: each subscription is a call and ends when it completes, or when the last emitted promise settles if the
 *   subscriber awaits it
 * - an async iterator: a call lasts from its first step to its last
 * - a stream: when it closes
 * - anything else, synchronous generators included: when the method returns
 *
 * Without a name the family is `<prefix>method_duration_seconds{class,method,outcome}`. With a name it is a histogram of
 * exactly that name, with `outcome` and the given labels. `outcome` is `success`, `error`, or `cancelled` if the consumer
 * unsubscribed, left the loop or destroyed the stream.
 *
 * The method behaves as before; failures to measure are counted in `metrics_collector_errors_total`. Calls are not recorded
 * while the application is switched off, and lazy results not until they are used.
 *
 * @throws `InvalidDefinitionError`, when the decorator is evaluated, on invalid options; `MetricConflictError`, at start-up, if
 *   the name is registered with another type, other labels or other buckets.
 */
export function Timed(options?: string | TimedOptions): MethodDecorator & ClassDecorator;
export function Timed(...given: unknown[]): MethodDecorator & ClassDecorator {
  const metric = readMethodMetric(given, {
    decorator: 'Timed',
    catalogFamily: METHOD_DURATION_SECONDS,
    help: 'Duration of calls in seconds by outcome.',
    furtherOptions: ['buckets'],
  });
  return methodOrClassDecorator('Timed', (owner, method) => {
    const family = metric.family(owner.registry);
    return new TimedRecorder(owner, method, new MethodSeries(family, metric.labelsOf(method), owner, method));
  });
}
