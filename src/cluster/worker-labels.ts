import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';

const WORKER = 'worker';

interface Labelled {
  readonly worker: string;
  readonly descriptor: FamilyDescriptor;
  readonly labelRows: readonly LabelRow[];
}

/** Adds the label `worker` to series. Caches the rows of unchanged series. */
export class WorkerLabels {
  private readonly known = new WeakMap<object, Labelled>();

  /** Returns a family that has a label `worker` of its own unchanged. */
  add(family: FamilySnapshot, worker: string): FamilySnapshot {
    const { descriptor, labelRows } = family;
    if (descriptor.labelNames.includes(WORKER)) {
      return family;
    }
    let labelled = this.known.get(labelRows);
    if (labelled?.worker !== worker) {
      labelled = {
        worker,
        // Series of different workers are not combined, so that `omit` must not apply.
        descriptor: { ...descriptor, labelNames: [...descriptor.labelNames, WORKER], aggregation: 'once' },
        labelRows: labelRows.map((row) => [...row, worker]),
      };
      this.known.set(labelRows, labelled);
    }
    return { ...family, descriptor: labelled.descriptor, labelRows: labelled.labelRows };
  }
}
