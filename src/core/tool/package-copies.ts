/** One loaded copy of this package. */
interface Copy {
  /** Whether its decorators are on any class. */
  decorates: boolean;
  /** Whether an application has imported its module. */
  runs: boolean;
}

/** What all copies in the process share, of whatever version: therefore found by a registered symbol. */
interface Copies extends Set<Copy> {
  told?: boolean;
}

const COPIES = Symbol.for('nestjs-hyper-metrics.copies');

const self: Copy = { decorates: false, runs: false };

function copies(): Copies {
  const shared = globalThis as { [COPIES]?: Copies };
  shared[COPIES] ??= new Set();
  return shared[COPIES].add(self);
}

/** Decorators of this copy are on a class. */
export function noteDecorators(): void {
  if (!self.decorates) {
    self.decorates = true;
    copies();
  }
}

/**
 * An application runs with this copy. Returns a warning, once in a process, when decorators of another copy record nothing:
 * each copy has its own decorators, and those of one that no application imports have nowhere to record to.
 */
export function noteApplication(): string | undefined {
  self.runs = true;
  const all = copies();
  if (all.told === true || ![...all].some(({ decorates, runs }) => decorates && !runs)) {
    return undefined;
  }
  all.told = true;
  return (
    'Another copy of nestjs-hyper-metrics is loaded, and what @Timed(), @Counted() and @InFlight() of that copy decorate is not ' +
    'recorded. Let all packages share one copy ("npm ls nestjs-hyper-metrics" shows them), and load it either as an ES module ' +
    'or with require().'
  );
}
