import { METHOD_IN_FLIGHT } from '../catalog/methods.catalog.js';
import type { Gauge, GaugeChild } from '../core/metric/gauge.js';
import { CallRecorder, type MethodIdentity } from './call-recorder.js';
import { methodOrClassDecorator } from './decorate.js';
import { type MethodMetricOptions, readMethodMetric } from './method-metric.js';
import { MethodSeries } from './method-series.js';
import type { MetricsOwner } from './metrics-owner.js';

/** Options of {@link InFlight}. Functions in `labels` run when a call begins, before it has a result or an error. */
export type InFlightOptions = MethodMetricOptions;

/** The series in which a call was counted. The host may reset the gauge, or remove the series, before the call ends. */
interface InFlightMark {
  readonly child: GaugeChild;
  readonly resets: number;
}

class InFlightRecorder extends CallRecorder<InFlightMark | undefined> {
  constructor(
    owner: MetricsOwner,
    method: MethodIdentity,
    private readonly gauge: Gauge,
    private readonly calls: MethodSeries<GaugeChild>,
  ) {
    super(owner, method);
    calls.prepare([undefined]);
  }

  override begin(self: unknown, args: readonly unknown[]): InFlightMark | undefined {
    try {
      const child = this.calls.childFor(undefined, self, args, undefined);
      child.inc();
      return { child, resets: this.gauge.resets };
    } catch (error) {
      this.reportFault(error);
      return undefined;
    }
  }

  override abandon(mark: InFlightMark | undefined): void {
    if (mark?.resets === this.gauge.resets && !mark.child.detached) {
      mark.child.dec();
    }
  }

  protected override record(mark: InFlightMark | undefined): void {
    this.abandon(mark);
  }
}

/**
 * Counts the running calls of a method in a gauge. Calls begin and end as with {@link Timed}. On a class, it applies to every
 * method that the class declares without its own `@InFlight()`.
 *
 * Without a name the family is `<prefix>method_in_flight{class,method}`. With a name it is a gauge of exactly that name, with
 * the given labels.
 *
 * @throws `InvalidDefinitionError`, when the decorator is evaluated, on invalid options; `MetricConflictError`, at start-up, if
 *   the name is registered with another type or other labels.
 */
export function InFlight(options?: string | InFlightOptions): MethodDecorator & ClassDecorator;
export function InFlight(...given: unknown[]): MethodDecorator & ClassDecorator {
  const metric = readMethodMetric(given, {
    decorator: 'InFlight',
    catalogFamily: METHOD_IN_FLIGHT,
    help: 'Calls that have begun and not ended.',
    furtherOptions: [],
  });
  return methodOrClassDecorator('InFlight', (owner, method) => {
    const gauge = metric.family(owner.registry);
    const calls = new MethodSeries(gauge, metric.labelsOf(method), owner, method);
    return new InFlightRecorder(owner, method, gauge, calls);
  });
}
