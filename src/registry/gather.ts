import type { FamilySnapshot } from '../core/family-snapshot.js';
import { foreignSnapshot } from './foreign-metric.js';
import type { HostMetric, HostRegistry } from '../core/host-registry.interface.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../options/default-options.js';
import { hostDefaultLabels } from './host-default-labels.js';
import { TimeSlices } from '../core/time-slices.js';
import { Reading } from './reading.js';
import { RegistryEntry } from './registry-entry.js';

/**
 * Snapshots of everything in the host's registry, ours and foreign, in the order of registration. Each metric is
 * read in isolation: one that fails is left out and reported, the others are served. Ours are read in one go, before this
 * returns its promise: as they are at the call. Foreign ones cost their clients' time, and the event loop turns between them.
 */
export async function gatherHost(
  host: HostRegistry,
  onError: (metric: string, error: unknown) => void,
  timeoutMs = DEFAULT_ENDPOINT_OPTIONS.collectorTimeoutMs,
): Promise<readonly FamilySnapshot[]> {
  const defaultLabels = hostDefaultLabels(host);
  const slices = new TimeSlices();
  const reading = new Reading(timeoutMs);
  const snapshots = await Promise.all(
    host.getMetricsAsArray().map(async (metric): Promise<FamilySnapshot | undefined> => {
      try {
        if (metric instanceof RegistryEntry) {
          const snapshot = await metric.snapshot(reading);
          return (
            snapshot && { ...snapshot, constantLabels: { ...defaultLabels, ...snapshot.constantLabels } }
          );
        }
        if (slices.isOver) {
          await slices.next();
        }
        const values = await reading.within((metric as HostMetric).get());
        if (slices.isOver) {
          await slices.next();
        }
        return foreignSnapshot(
          { ...values, name: registeredName(host, metric as HostMetric) },
          defaultLabels,
        );
      } catch (error) {
        onError(String((metric as Partial<HostMetric> | null)?.name), error);
        return undefined;
      }
    }),
  );
  return snapshots.filter((snapshot) => snapshot !== undefined);
}

/** The name that a metric was registered under: prom-client's OpenMetrics rendering takes `_total` from counters. */
function registeredName(host: HostRegistry, metric: HostMetric): string {
  const full = `${metric.name}_total`;
  return host.getSingleMetric(metric.name) !== metric && host.getSingleMetric(full) === metric
    ? full
    : metric.name;
}
