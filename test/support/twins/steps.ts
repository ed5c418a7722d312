import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  tuple,
  uniqueArray,
} from 'fast-check';
import { CHANGES, type Group } from './changes.js';
import { OBJECTS } from './object-changes.js';
import { ORDINARY_PROBES, PROBES } from './probes.js';
import type { Sent } from './sent.js';
import { TRANSACTIONS } from './session-changes.js';

/** How a statement is handed to the driver. `burst` sends it thrice without waiting in between. */
export const FORMS = [
  'plain',
  'config',
  'callback',
  'query',
  'cursor',
  'stream',
  'own name',
  'burst',
] as const;
export type Form = (typeof FORMS)[number];

/** Who sends it: one of two connections that are kept, the pool, or a connection that no cache has hooked. */
export type Sender = 'first' | 'second' | 'pool' | 'foreign';

export interface Step extends Sent {
  readonly kind: 'probe' | 'change' | 'release';
  readonly sender: Sender;
  readonly form: Form;
  readonly times: number;
}

export interface Sequence {
  readonly isOrdinary: boolean;
  readonly settings: {
    readonly minUses: number;
    readonly maxEntries: number;
    readonly typeorm: boolean;
  };
  readonly steps: readonly Step[];
}

export interface SequenceOptions {
  readonly groups: readonly Group[];
  /** Whether connections outside the pool change objects. */
  readonly foreign: boolean;
}

export const ALL_GROUPS = Object.keys(CHANGES) as readonly Group[];

/** Sends as this string, which no value of a probe is. */
export const UNSENDABLE = 'unsendable';

const sender: Arbitrary<Sender> = oneof(
  { weight: 5, arbitrary: constant('first' as const) },
  { weight: 2, arbitrary: constant('second' as const) },
  { weight: 2, arbitrary: constant('pool' as const) },
);

const form: Arbitrary<Form> = oneof(
  { weight: 14, arbitrary: constant('plain' as const) },
  { weight: 3, arbitrary: constantFrom(...FORMS) },
);

const id = integer({ min: 1, max: 5 });
const value: Arbitrary<unknown> = oneof(
  { weight: 20, arbitrary: id },
  {
    weight: 4,
    arbitrary: constantFrom('1', '3', '103', '201', '2026-01-01', '2026-01-01 12:00', 'sad', 'mad'),
  },
  { weight: 1, arbitrary: constantFrom('x', 2 ** 40, 1.5, null, '', UNSENDABLE) },
);

const DISGUISES: readonly ((text: string) => string)[] = [
  (text) => `/* a; comment */ ${text}`,
  (text) => `-- a comment\n${text}`,
  (text) => `\n\t ${text} ;`,
  (text) => text.replace(/^\w+/, (word) => word.toLowerCase()),
  (text) => text.replace(/^\w+/, (word) => `${word}/**/`),
];

const disguised = (sent: Sent): Arbitrary<Sent> =>
  oneof(
    { weight: 8, arbitrary: constant(sent) },
    {
      weight: 1,
      arbitrary: constantFrom(...DISGUISES).map((disguise) => ({ ...sent, text: disguise(sent.text) })),
    },
  );

const probeOf = (texts: readonly string[], values: Arbitrary<unknown>): Arbitrary<Step> =>
  record({
    text: constantFrom(...texts),
    sender,
    form,
    times: constantFrom(1, 1, 2, 3, 7),
    values: tuple(values, values),
  }).map(({ text, ...step }) => ({
    ...step,
    text,
    form: readable(text, step.form),
    kind: 'probe' as const,
    values: step.values.slice(0, text.includes('$2') ? 2 : 1),
  }));

const changeOf = (list: readonly Sent[], from: Arbitrary<Sender> = sender): Arbitrary<Step> =>
  tuple(constantFrom(...list).chain(disguised), from, form).map(([sent, by, how]) => ({
    ...sent,
    kind: 'change' as const,
    sender: by,
    form: how === 'burst' || how === 'own name' ? 'plain' : readable(sent.text, how),
    times: 1,
  }));

/** Cursors and streams of pg wait for ever where the end of a statement is what fails, such as a deferred constraint. */
const readable = (text: string, how: Form): Form =>
  (how === 'cursor' || how === 'stream') && !/^(SELECT|WITH|VALUES)\b/.test(text) ? 'plain' : how;

const release: Arbitrary<Step> = constantFrom('first' as const, 'second' as const).map((by) => ({
  kind: 'release' as const,
  sender: by,
  text: 'ROLLBACK',
  form: 'plain' as const,
  times: 1,
}));

const settings = record({
  minUses: constantFrom(1, 2),
  maxEntries: constantFrom(100, 100, 3),
  typeorm: constantFrom(false, false, false, true),
});

const stepsOf = (step: Arbitrary<Step>): Arbitrary<Step[]> =>
  array(step, { minLength: 1, maxLength: 100, size: 'max' });

/** Few texts in each sequence, so that the same one comes before and after a change. */
const probesOf = (texts: readonly string[]): Arbitrary<string[]> =>
  uniqueArray(constantFrom(...texts), { minLength: 1, maxLength: 4 });

/** What most applications do: the same reads and writes again and again, in transactions or not. */
const ordinary = (probes: readonly string[]): Arbitrary<Step> =>
  oneof(
    { weight: 12, arbitrary: probeOf(probes, id).map((step) => ({ ...step, form: 'plain' as const })) },
    { weight: 2, arbitrary: changeOf(PLAIN_TRANSACTIONS) },
    { weight: 1, arbitrary: release },
  );

const PLAIN_TRANSACTIONS = TRANSACTIONS.filter(({ text }) => /^(BEGIN|COMMIT|ROLLBACK)$/.test(text));

const changing = (probes: readonly string[], groups: readonly Group[], foreign: boolean): Arbitrary<Step> =>
  oneof(
    { weight: 10, arbitrary: probeOf(probes, value) },
    { weight: 1, arbitrary: release },
    { weight: 3, arbitrary: changeOf(TRANSACTIONS) },
    ...groups.map((group) => ({ weight: 3, arbitrary: changeOf(CHANGES[group]) })),
    ...(foreign ? [{ weight: 1, arbitrary: changeOf(OBJECTS, constant('foreign' as const)) }] : []),
  );

/** Sequences of steps; each is sent to both twins. Without groups, all are ordinary. */
export function sequences({ groups, foreign }: SequenceOptions): Arbitrary<Sequence> {
  const withoutChanges = record({
    isOrdinary: constant(true),
    settings,
    steps: probesOf(ORDINARY_PROBES).chain((probes) => stepsOf(ordinary(probes))),
  });
  if (groups.length === 0) {
    return withoutChanges;
  }
  const withChanges = record({
    isOrdinary: constant(false),
    settings,
    steps: tuple(
      probesOf(PROBES),
      uniqueArray(constantFrom(...groups), { minLength: 1, maxLength: 2 }),
    ).chain(([probes, some]) => stepsOf(changing(probes, some, foreign))),
  });
  return oneof({ weight: 1, arbitrary: withoutChanges }, { weight: 6, arbitrary: withChanges });
}
