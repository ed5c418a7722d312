/** One loaded copy of this package. */
interface Copy {
  /** Whether its decorators are on any class. */
  decorates: boolean;
  /** Whether an application has imported its module. */
  runs: boolean;
}

/** State that all copies in the process share, of any version: found by a registered symbol. */
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

/** Notes that a class has decorators of this copy. */
export function noteDecorators(): void {
  if (!self.decorates) {
    self.decorates = true;
    copies();
  }
}

/**
 * Notes that an application runs with this copy. Returns a warning, once per process, when classes have decorators of a copy that no
 * application imports: these decorators record nothing.
 */
export function noteApplication(): string | undefined {
  self.runs = true;
  const all = copies();
  if (all.told === true || ![...all].some(({ decorates, runs }) => decorates && !runs)) {
    return undefined;
  }
  all.told = true;
  return (
    'Another copy of nestjs-hyper-metrics is loaded, and methods decorated with @Timed(), @Counted() and @InFlight() of that copy ' +
    'are not recorded. Let all packages share one copy ("npm ls nestjs-hyper-metrics" shows them), and load it either as an ' +
    'ES module or with require().'
  );
}
