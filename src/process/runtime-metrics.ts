import { collectDefaultMetrics, Registry } from 'prom-client';
import type { HostRegistry } from '../core/host-registry.interface.js';

/**
 * The runtime metrics by host registry. They are created once: prom-client never stops their garbage-collection observer and
 * event-loop monitor, so that each further set would leak a pair.
 */
const madeFor = new WeakMap<HostRegistry, readonly NamedMetric[]>();

/** A metric and its name: prom-client renames counters in place when it renders OpenMetrics. */
interface NamedMetric {
  readonly name: string;
  readonly metric: { name: string };
}

/** Registers prom-client's default process and Node.js metrics with `host`, except names that the host has registered itself. */
export function installRuntimeMetrics(host: HostRegistry): void {
  for (const { name, metric } of runtimeMetricsOf(host)) {
    if (host.getSingleMetric(name) === undefined) {
      metric.name = name;
      host.registerMetric(metric as never);
    }
  }
}

function runtimeMetricsOf(host: HostRegistry): readonly NamedMetric[] {
  let metrics = madeFor.get(host);
  if (metrics === undefined) {
    const own = new Registry();
    collectDefaultMetrics({ register: own });
    metrics = own.getMetricsAsArray().map((metric) => ({ name: metric.name, metric }));
    madeFor.set(host, metrics);
  }
  return metrics;
}
