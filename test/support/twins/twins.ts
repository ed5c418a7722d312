import { asyncProperty, check } from 'fast-check';
import { TwinDatabase } from './databases.js';
import { Side } from './side.js';
import { type Sequence, type SequenceOptions, sequences, type Step } from './steps.js';

/** A step whose answer depends on the cache, or tables that do in the end. */
export interface Difference {
  /** The number of the step, from 0 on; as many as there are steps: the tables at the end. */
  readonly at: number;
  readonly step?: Step;
  readonly named: unknown;
  readonly plain: unknown;
}

/** Counts of a run. */
export interface TwinCounts {
  sequences: number;
  /** Statements on each twin. */
  statements: number;
  /** Answers that were errors, on both. */
  errors: number;
  /** Reads and writes with values that can get a name by their form. */
  probes: number;
  ordinaryProbes: number;
  /** Those of them that had a name: `hits + misses`. */
  named: number;
  ordinaryNamed: number;
  hits: number;
  differences: number;
}

export interface TwinRunOptions extends SequenceOptions {
  readonly seed: number;
  readonly statements: number;
  /** Goes on after a difference, without looking for a shorter sequence. */
  readonly countsAll?: boolean;
  readonly onDifference?: (sequence: Sequence, difference: Difference) => void;
}

export interface TwinResult extends TwinCounts {
  readonly seed: number;
  readonly seconds: number;
  /** The shortest sequence that was found to differ. */
  readonly failure?: { readonly sequence: Sequence; readonly difference: Difference; readonly text: string };
}

/** For the search of a shorter sequence, once one differs. */
const SHORTENING_MS = 20_000;

const NO_COUNTS: TwinCounts = {
  sequences: 0,
  statements: 0,
  errors: 0,
  probes: 0,
  ordinaryProbes: 0,
  named: 0,
  ordinaryNamed: 0,
  hits: 0,
  differences: 0,
};

/** Two databases with the same contents: one is used through a statement cache, the other one without. */
export class Twins {
  private constructor(
    private readonly named: TwinDatabase,
    private readonly plain: TwinDatabase,
  ) {}

  static async create(serverUrl: string): Promise<Twins> {
    const named = await TwinDatabase.create(serverUrl, 'hm_twin_named');
    return new Twins(named, await TwinDatabase.create(serverUrl, 'hm_twin_plain'));
  }

  async drop(): Promise<void> {
    await this.named.drop();
    await this.plain.drop();
  }

  /** Sends a sequence to both, until an answer differs. */
  async compare(sequence: Sequence, counts: TwinCounts = { ...NO_COUNTS }): Promise<Difference | undefined> {
    const databases = [this.named, this.plain];
    await Promise.all(databases.map((database) => database.reset()));
    const sides = await Promise.all(
      databases.map((database) => Side.open(database, sequence.settings, database === this.named)),
    );
    try {
      return await this.stepByStep(sequence, sides as [Side, Side], counts);
    } finally {
      await Promise.all(sides.map((side) => side.end()));
    }
  }

  /** Random sequences, until so many statements were sent or one differs. */
  async run({ seed, statements, countsAll, onDifference, ...options }: TwinRunOptions): Promise<TwinResult> {
    const counts = { ...NO_COUNTS };
    const startedAt = performance.now();
    let found: { readonly sequence: Sequence; readonly difference: Difference } | undefined;
    const property = asyncProperty(sequences(options), async (sequence) => {
      if (counts.statements >= statements) {
        return;
      }
      const difference = await this.compare(sequence, counts);
      if (difference === undefined) {
        return;
      }
      counts.differences += 1;
      onDifference?.(sequence, difference);
      if (countsAll !== true) {
        found = { sequence, difference };
        throw new Error('The twins differ.');
      }
    });
    const checked = await check(property, {
      seed,
      numRuns: statements,
      endOnFailure: true,
      unbiased: true,
    });
    if (checked.failed && found === undefined) {
      throw checked.errorInstance;
    }
    const result = { ...counts, seed, seconds: (performance.now() - startedAt) / 1000 };
    if (found === undefined) {
      return result;
    }
    const { sequence, difference } = await this.shortened(found.sequence, found.difference);
    return { ...result, failure: { sequence, difference, text: describe(sequence, difference) } };
  }

  /** Leaves out steps for as long as the twins still differ, which is quicker than to make a sequence anew from its arbitraries. */
  private async shortened(
    sequence: Sequence,
    difference: Difference,
  ): Promise<{ sequence: Sequence; difference: Difference }> {
    const deadlineMs = performance.now() + SHORTENING_MS;
    let best = { sequence: upTo(sequence, difference), difference };
    for (let size = Math.ceil(best.sequence.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = best.sequence.steps.length - size; from > -size; from -= size) {
        if (performance.now() > deadlineMs) {
          return best;
        }
        const steps = best.sequence.steps.toSpliced(Math.max(from, 0), Math.min(size, from + size));
        const shorter = { ...best.sequence, steps };
        const left = steps.length === 0 ? undefined : await this.compare(shorter);
        if (left !== undefined) {
          best = { sequence: upTo(shorter, left), difference: left };
        }
      }
    }
    return best;
  }

  private async stepByStep(
    { steps, isOrdinary }: Sequence,
    [named, plain]: readonly [Side, Side],
    counts: TwinCounts,
  ): Promise<Difference | undefined> {
    counts.sequences += 1;
    try {
      for (const [at, step] of steps.entries()) {
        const answers = await Promise.all([named.answersTo(step), plain.answersTo(step)]);
        count(counts, step, isOrdinary, answers[1]);
        if (answers[0].join() !== answers[1].join()) {
          return { at, step, named: answers[0], plain: answers[1] };
        }
      }
      await Promise.all([named.end(), plain.end()]);
      const contents = await Promise.all([this.named.contents(), this.plain.contents()]);
      return JSON.stringify(contents[0]) === JSON.stringify(contents[1])
        ? undefined
        : { at: steps.length, named: contents[0], plain: contents[1] };
    } finally {
      const { hits = 0, misses = 0 } = named.stats ?? {};
      counts.hits += hits;
      counts.named += hits + misses;
      counts.ordinaryNamed += isOrdinary ? hits + misses : 0;
    }
  }
}

const upTo = (sequence: Sequence, { at }: Difference): Sequence => ({
  ...sequence,
  steps: sequence.steps.slice(0, at + 1),
});

function count(
  counts: TwinCounts,
  { kind, form, times }: Step,
  isOrdinary: boolean,
  answers: string[],
): void {
  counts.statements += form === 'burst' ? 3 * times : times;
  counts.errors += answers.filter(
    (answer) => answer.startsWith('{"code"') || answer.startsWith('{"message"'),
  ).length;
  if (kind === 'probe' && (form === 'plain' || form === 'callback')) {
    counts.probes += times;
    counts.ordinaryProbes += isOrdinary ? times : 0;
  }
}

/** A sequence as a reader wants it. */
export function describe({ settings, steps }: Sequence, { at, step, named, plain }: Difference): string {
  const lines = steps.map(({ sender, kind, form, times, text, values }) =>
    [
      `${sender}${times > 1 ? ` × ${times}` : ''}${form === 'plain' ? '' : `, ${form}`}: `,
      kind === 'release' ? '(released)' : JSON.stringify(text),
      values === undefined ? '' : ` ${JSON.stringify(values)}`,
    ].join(''),
  );
  return [
    JSON.stringify(settings),
    ...lines.slice(0, at + 1).map((line, index) => `${index}. ${line}`),
    step === undefined ? 'The tables differ in the end.' : `Step ${at} differs.`,
    `named: ${JSON.stringify(named)}`,
    `plain: ${JSON.stringify(plain)}`,
  ].join('\n');
}
