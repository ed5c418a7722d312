import { createExemplar, type Exemplar } from '../core/exemplar.js';
import type { HostExemplar } from '../core/host-registry.interface.js';

/** An exemplar of another client; none when no exposition could carry it: its sample is worth more than that. */
export function foreignExemplar(exemplar: HostExemplar | null | undefined): Exemplar | undefined {
  try {
    const { labelSet, value, timestamp } = exemplar as HostExemplar;
    if (!Number.isFinite(value) || !Number.isFinite(timestamp)) {
      return undefined;
    }
    const labels = Object.entries(labelSet).map(([name, text]) => [name, String(text)]);
    const checked = createExemplar(Object.fromEntries(labels), value);
    return checked && { ...checked, timestampSeconds: timestamp as number };
  } catch {
    return undefined;
  }
}
