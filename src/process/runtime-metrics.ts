import { collectDefaultMetrics, Registry } from 'prom-client';
import type { HostRegistry } from '../core/host-registry.interface.js';

/**
 * The metrics that were made for a registry. Made once: prom-client never stops the garbage-collection observer
 * and event-loop monitor behind them, so that every further set would leak a pair.
 */
const madeFor = new WeakMap<HostRegistry, readonly NamedMetric[]>();

/** prom-client renames counters in place when it renders OpenMetrics; this is the name to register. */
interface NamedMetric {
  readonly name: string;
  readonly metric: { name: string };
}

/**
 * Puts prom-client's default process and Node.js metrics into `host`, under their standard names and leaving
 * out the names that the host has registered itself.
 */
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
