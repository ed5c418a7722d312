import type { FamilySnapshot } from '../core/family-snapshot.js';
import { foreignSnapshot } from './foreign-metric.js';
import type { HostMetric, HostRegistry } from '../core/host-registry.interface.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../options/default-options.js';
import { hostDefaultLabels } from './host-default-labels.js';
import { TimeSlices } from '../core/time-slices.js';
import { PulledFamily } from './pulled-family.js';
import { Reading } from './reading.js';
import { RegistryEntry } from './registry-entry.js';

/**
 * Snapshots of everything in the host's registry, ours and foreign, in the order of registration. Each metric is
 * read in isolation: one that fails is left out and reported, the others are served. What takes time is read first, and the
 * event loop turns meanwhile; then what our families have recorded, in one go: what happened during the wait is in it.
 */
export async function gatherHost(
  host: HostRegistry,
  onError: (metric: string, error: unknown) => void,
  timeoutMs = DEFAULT_ENDPOINT_OPTIONS.collectorTimeoutMs,
): Promise<readonly FamilySnapshot[]> {
  const metrics = host.getMetricsAsArray();
  const defaultLabels = hostDefaultLabels(host);
  const slices = new TimeSlices();
  const reading = new Reading(timeoutMs);
  const snapshots = new Map<unknown, FamilySnapshot>();

  async function snapshotOf(metric: unknown): Promise<FamilySnapshot | undefined> {
    if (metric instanceof RegistryEntry) {
      const snapshot = await metric.snapshot(reading);
      return snapshot && { ...snapshot, constantLabels: { ...defaultLabels, ...snapshot.constantLabels } };
    }
    if (slices.isOver) {
      await slices.next();
    }
    const values = await reading.within((metric as HostMetric).get());
    if (slices.isOver) {
      await slices.next();
    }
    return foreignSnapshot({ ...values, name: registeredName(host, metric as HostMetric) }, defaultLabels);
  }

  async function read(metric: unknown): Promise<void> {
    try {
      const snapshot = await snapshotOf(metric);
      if (snapshot !== undefined) {
        snapshots.set(metric, snapshot);
      }
    } catch (error) {
      onError(String((metric as Partial<HostMetric> | null)?.name), error);
    }
  }

  await Promise.all(metrics.filter((metric) => !isRecorded(metric)).map(read));
  await Promise.all(metrics.filter(isRecorded).map(read));
  return metrics.map((metric) => snapshots.get(metric)).filter((snapshot) => snapshot !== undefined);
}

/** Whether a metric is one of ours whose numbers are there, and not somebody else's. */
function isRecorded(metric: unknown): boolean {
  return metric instanceof RegistryEntry && !(metric.source instanceof PulledFamily);
}

/** The name that a metric was registered under: prom-client's OpenMetrics rendering takes `_total` from counters. */
function registeredName(host: HostRegistry, metric: HostMetric): string {
  const full = `${metric.name}_total`;
  return host.getSingleMetric(metric.name) !== metric && host.getSingleMetric(full) === metric
    ? full
    : metric.name;
}
