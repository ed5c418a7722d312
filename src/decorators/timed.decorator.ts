import { METHOD_DURATION_SECONDS } from '../catalog/methods.catalog.js';
import type { HistogramChild } from '../core/metric/histogram.js';
import type { Outcome } from '../core/tool/outcome.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import { CallRecorder, type MethodIdentity } from './call-recorder.js';
import { methodOrClassDecorator } from './decorate.js';
import { type MethodMetricOptions, readMethodMetric } from './method-metric.js';
import { MethodSeries } from './method-series.js';
import type { MetricsOwner } from './metrics-owner.js';

/** Options of {@link Timed}. */
export interface TimedOptions extends MethodMetricOptions {
  /**
   * Upper bounds in seconds, rising, without `+Inf`.
   *
   * @defaultValue fourteen, from 0.1 ms to 10 s
   */
  readonly buckets?: readonly number[] | undefined;
}

class TimedRecorder extends CallRecorder<number> {
  constructor(
    owner: MetricsOwner,
    method: MethodIdentity,
    private readonly durations: MethodSeries<HistogramChild>,
  ) {
    super(owner, method);
  }

  override begin(): number {
    return nowMs();
  }

  protected override record(
    startedAtMs: number,
    outcome: Outcome,
    self: unknown,
    args: readonly unknown[],
    detail: unknown,
  ): void {
    const seconds = secondsSince(startedAtMs);
    this.durations.childFor(outcome, self, args, detail).observe(seconds);
  }
}

/**
 * Observes how long calls of a method take, in seconds: until it returns, until its promise settles, of each
 * subscription to its Observable until that completes (when the subscriber awaits the promise that came last: until that
 * settles), of its async iterator from the first step to the last, of its stream until that closes. On a class: of every
 * method that the class declares and that has no `@Timed()` of its own.
 *
 * Without a name the family is `<prefix>method_duration_seconds{class,method,outcome}`. With a name it is a histogram of
 * that very name, with `outcome` and the labels given. `outcome` is `success`, `error`, or `cancelled` when the consumer
 * unsubscribed, left the loop or destroyed the stream.
 *
 * The method behaves as before; a fault of the measurement is counted in `metrics_collector_errors_total`. Not recorded:
 * calls while the application is switched off, and results whose work nobody asks for. A synchronous generator counts as
 * ended when it is returned.
 *
 * @throws `InvalidDefinitionError` where it stands, on options that no exposition could carry; at start-up
 *   `MetricConflictError`, when the name is taken by another type, other labels or other buckets.
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
