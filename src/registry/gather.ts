import { isLabelName } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../options/default-options.js';
import { ForeignGather } from './foreign-gather.js';
import { GatherDeadline } from './gather-deadline.js';
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
  const constantLabels = hostDefaultLabels(host);
  const deadline = new GatherDeadline(timeoutMs);
  const slices = new EventLoopSlices();
  const fail = (metric: unknown, error: unknown): void => onError(nameOf(metric), error);
  const metrics = host.getMetricsAsArray();
  const snapshots: (FamilySnapshot | undefined)[] = [];
  const own = metrics.flatMap((metric, index) =>
    metric instanceof RegistryEntry
      ? [
          readOwn(metric, deadline).then(
            (one) => (snapshots[index] = one),
            (error) => fail(metric, error),
          ),
        ]
      : [],
  );
  const foreign = new ForeignGather(host, { constantLabels, deadline, slices, fail });
  await foreign.read(metrics, snapshots);
  await Promise.all(own);
  return snapshots.filter((snapshot) => snapshot !== undefined);

  async function readOwn(entry: RegistryEntry, within: GatherDeadline): Promise<FamilySnapshot | undefined> {
    const snapshot = await entry.snapshot(within);
    return snapshot && { ...snapshot, constantLabels: { ...constantLabels, ...snapshot.constantLabels } };
  }
}

/** Of any object that a host's registry may have in it. */
function nameOf(metric: unknown): string {
  try {
    return String((metric as { readonly name?: unknown } | null)?.name);
  } catch {
    return 'unknown';
  }
}

/**
 * The labels that the host put on everything in its registry with `setDefaultLabels()`. Neither client has a
 * getter for them; the field has this name in prom-client 14–15 and `@prometheus-io/client` 0.16.
 */
function hostDefaultLabels(host: HostRegistry): Readonly<Record<string, string>> {
  const { _defaultLabels: labels } = host as { _defaultLabels?: Readonly<Record<string, unknown>> };
  return Object.fromEntries(
    // The clients do not check them, and an illegal name would break the exposition.
    Object.entries(labels ?? {})
      .filter(([name]) => isLabelName(name))
      .map(([name, value]) => [name, String(value).toWellFormed()]),
  );
}
