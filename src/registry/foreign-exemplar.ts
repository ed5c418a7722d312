import { createExemplar, type Exemplar, exemplarProblem } from '../core/exemplar.js';
import type { HostExemplar } from '../core/host-registry.interface.js';

/** Converts an exemplar of another client. Returns `undefined` when there is none, or it cannot be exported: the sample stays. */
export function foreignExemplar(exemplar: HostExemplar | null | undefined): Exemplar | undefined {
  // This runs for every sample: throwing and catching an error would cost more than the rest of the scrape.
  if (exemplar === undefined || exemplar === null) {
    return undefined;
  }
  try {
    return readExemplar(exemplar);
  } catch {
    // A getter of a hand-made object threw.
    return undefined;
  }
}

function readExemplar({ labelSet, value, timestamp }: Partial<HostExemplar>): Exemplar | undefined {
  if (typeof labelSet !== 'object' || labelSet === null) {
    return undefined;
  }
  const entries = Object.entries(labelSet);
  const isReadable = entries.every(([, text]) => typeof text !== 'object' && typeof text !== 'function');
  if (!isReadable || !Number.isFinite(value) || !Number.isFinite(timestamp)) {
    return undefined;
  }
  const labels = Object.fromEntries(entries.map(([name, text]) => [name, String(text)]));
  if (exemplarProblem(labels) !== undefined) {
    return undefined;
  }
  const created = createExemplar(labels, value as number);
  return created && { ...created, timestampSeconds: timestamp as number };
}
