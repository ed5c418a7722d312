import { isLabelName } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../options/default-options.js';
import { ForeignGather } from './foreign-gather.js';
import { GatherDeadline } from './gather-deadline.js';
import { RegistryEntry } from './registry-entry.js';

/**
 * Returns snapshots of all metrics in the host's registry, in the order of registration. A metric that fails is absent and reported.
 * Our families are read synchronously at the call; foreign metrics are read in slices of the event loop.
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
  const own: Promise<unknown>[] = [];
  metrics.forEach((metric, index) => {
    if (metric instanceof RegistryEntry) {
      own.push(
        readOwn(metric, deadline).then(
          (one) => (snapshots[index] = one),
          (error) => fail(metric, error),
        ),
      );
    }
  });
  const foreign = new ForeignGather(host, { constantLabels, deadline, slices, fail });
  await foreign.read(metrics, snapshots);
  await Promise.all(own);
  return snapshots.filter((snapshot) => snapshot !== undefined);

  async function readOwn(entry: RegistryEntry, within: GatherDeadline): Promise<FamilySnapshot | undefined> {
    const snapshot = await entry.snapshot(within);
    return snapshot && { ...snapshot, constantLabels: { ...constantLabels, ...snapshot.constantLabels } };
  }
}

/** Returns the name of any object in a host's registry. Never throws. */
function nameOf(metric: unknown): string {
  try {
    return String((metric as { readonly name?: unknown } | null)?.name);
  } catch {
    return 'unknown';
  }
}

/**
 * Returns the labels that the host set with `setDefaultLabels()`. Neither client has a getter for them; the field has this name in
 * prom-client 14–15 and `@prometheus-io/client` 0.16.
 */
function hostDefaultLabels(host: HostRegistry): Readonly<Record<string, string>> {
  const { _defaultLabels: labels } = host as { _defaultLabels?: Readonly<Record<string, unknown>> };
  return Object.fromEntries(
    // The clients do not check these names, and an illegal one would break the exposition.
    Object.entries(labels ?? {})
      .filter(([name]) => isLabelName(name))
      .map(([name, value]) => [name, String(value).toWellFormed()]),
  );
}
