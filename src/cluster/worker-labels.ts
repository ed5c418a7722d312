import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';

const WORKER = 'worker';

interface Labelled {
  readonly worker: string;
  readonly descriptor: FamilyDescriptor;
  readonly labelRows: readonly LabelRow[];
}

/** Puts the label `worker` on series. What was made for series that are still the same is kept. */
export class WorkerLabels {
  private readonly known = new WeakMap<object, Labelled>();

  /** A family that has such a label of its own is left as it is. */
  add(family: FamilySnapshot, worker: string): FamilySnapshot {
    const { descriptor, labelRows } = family;
    if (descriptor.labelNames.includes(WORKER)) {
      return family;
    }
    let labelled = this.known.get(labelRows);
    if (labelled?.worker !== worker) {
      labelled = {
        worker,
        // Nothing is combined any more, and what would be omitted from that is not.
        descriptor: { ...descriptor, labelNames: [...descriptor.labelNames, WORKER], aggregation: 'once' },
        labelRows: labelRows.map((row) => [...row, worker]),
      };
      this.known.set(labelRows, labelled);
    }
    return { ...family, descriptor: labelled.descriptor, labelRows: labelled.labelRows };
  }
}
