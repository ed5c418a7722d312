import { isLabelName } from '../core/family-definition.js';
import type { HostRegistry } from '../core/host-registry.interface.js';

/**
 * The labels that the host put on everything in its registry with `setDefaultLabels()`. Neither client has a
 * getter for them; the field has this name in prom-client 14–15 and `@prometheus-io/client` 0.16.
 */
export function hostDefaultLabels(host: HostRegistry): Readonly<Record<string, string>> {
  const { _defaultLabels: labels } = host as { _defaultLabels?: Readonly<Record<string, unknown>> };
  return Object.fromEntries(
    // The clients do not check them, and an illegal name would break the exposition.
    Object.entries(labels ?? {})
      .filter(([name]) => isLabelName(name))
      .map(([name, value]) => [name, String(value).toWellFormed()]),
  );
}
