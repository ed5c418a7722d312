import type { FamilySnapshot } from '../core/family-snapshot.js';
import { type ForeignShape, foreignSnapshot } from './foreign-metric.js';
import type { HostMetric, HostMetricValues, HostRegistry } from '../core/host-registry.interface.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../options/default-options.js';
import { hostDefaultLabels } from './host-default-labels.js';
import { TimeSlices } from '../core/time-slices.js';
import { Reading } from './reading.js';
import { RegistryEntry } from './registry-entry.js';

type MaybeSnapshot = FamilySnapshot | undefined;

/** The shapes of the last scrape, for as long as the host has the metric. */
const foreignShapes = new WeakMap<HostMetric, ForeignShape>();

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
  const conversions = new Queue();
  const orAbsent = async (metric: unknown, read: () => Promise<MaybeSnapshot>): Promise<MaybeSnapshot> => {
    try {
      return await read();
    } catch (error) {
      onError(nameOf(metric), error);
      return undefined;
    }
  };
  const readForeign = async (metric: HostMetric): Promise<FamilySnapshot> => {
    const values = await reading.within(metric.get());
    const name = registeredName(host, metric);
    return conversions.add(() => convert(metric, { ...values, name }, defaultLabels, slices));
  };
  const snapshots: Promise<MaybeSnapshot>[] = [];
  const foreign: number[] = [];
  const metrics = host.getMetricsAsArray();
  metrics.forEach((metric, index) => {
    if (metric instanceof RegistryEntry) {
      snapshots[index] = orAbsent(metric, async () => {
        const snapshot = await metric.snapshot(reading);
        return snapshot && withConstantLabels(snapshot, defaultLabels);
      });
    } else {
      foreign.push(index);
    }
  });
  for (const index of foreign) {
    if (slices.isOver) {
      await slices.next();
    }
    const metric = metrics[index] as HostMetric;
    snapshots[index] = orAbsent(metric, () => readForeign(metric));
  }
  return (await Promise.all(snapshots)).filter((snapshot) => snapshot !== undefined);
}

function withConstantLabels(
  snapshot: FamilySnapshot,
  defaultLabels: Readonly<Record<string, string>>,
): FamilySnapshot {
  return { ...snapshot, constantLabels: { ...defaultLabels, ...snapshot.constantLabels } };
}

/** Converts in slices: a family may have any number of series. */
async function convert(
  metric: HostMetric,
  values: HostMetricValues,
  defaultLabels: Readonly<Record<string, string>>,
  slices: TimeSlices,
): Promise<FamilySnapshot> {
  const steps = foreignSnapshot(values, defaultLabels, foreignShapes.get(metric));
  let step = steps.next();
  while (step.done !== true) {
    if (slices.isOver) {
      await slices.next();
    }
    step = steps.next();
  }
  const { descriptor, labelRows } = step.value;
  foreignShapes.set(metric, { descriptor, labelRows });
  return step.value;
}

/** Runs one after the other, in the order in which they come: thousands that wait for one slice would wake each other. */
class Queue {
  private last: Promise<unknown> = Promise.resolve();

  add<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => {});
    return result;
  }
}

/** Of any object that a host's registry may have in it. */
function nameOf(metric: unknown): string {
  try {
    return String((metric as Partial<HostMetric> | null)?.name);
  } catch {
    return 'unknown';
  }
}

/** The name that a metric was registered under: prom-client's OpenMetrics rendering takes `_total` from counters. */
function registeredName(host: HostRegistry, metric: HostMetric): string {
  const full = `${metric.name}_total`;
  return host.getSingleMetric(metric.name) !== metric && host.getSingleMetric(full) === metric
    ? full
    : metric.name;
}
