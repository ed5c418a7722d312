import * as fc from 'fast-check';
import type { FamilyDefinition } from '../../src/core/family-definition.js';
import type { LabelValue } from '../../src/core/metric/labels.js';

const LABEL_NAMES = ['queue', 'state', 'a', 'A', '_', '_proto_', 'length', 'size', 'name', 'value'];
/** Legal labels that every object seems to have. */
const INHERITED_NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'];

const HOSTILE_TEXTS = [
  '',
  ' ',
  '"',
  '\\',
  '\n',
  '\\n',
  '\\"',
  '\r\n',
  '\u0000',
  '\u0085\u2028',
  '\ufeff',
  '}',
  '{a="b"} 1',
  '",le="0.1',
  'x\n# TYPE x counter\nx 1',
  '__proto__',
  'constructor',
  'other',
  'a:1,b',
  '|',
  '0',
  'true',
  'NaN',
  '😀',
  '👩‍👩‍👧‍👦',
  '\ufffd',
  '\ud800',
  '\udc00\ud800',
  'a\udbff',
  'é',
  'e\u0301',
  'long'.repeat(2000),
];

/** Any UTF-16, well-formed or not. */
const utf16 = fc.array(fc.nat(0xffff), { maxLength: 6 }).map((units) => String.fromCharCode(...units));

export const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 12 }),
  utf16,
);

const labelValue: fc.Arbitrary<LabelValue> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  fc.integer(),
  fc.double(),
  fc.boolean(),
);

/** As it arrives in UTF-8. */
export const textOf = (value: LabelValue | undefined): string =>
  Buffer.from(String(value ?? ''), 'utf8').toString('utf8');

const INTERESTING_NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e-7,
  1e21,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
  Number.NaN,
  Infinity,
  -Infinity,
];
const anyNumber = fc.oneof(fc.constantFrom(...INTERESTING_NUMBERS), fc.double(), fc.integer());

const buckets = fc
  .array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), {
    minLength: 1,
    maxLength: 40,
    size: 'max',
  })
  .map((bounds) => [...new Set(bounds.map((bound) => bound + 0))].toSorted((a, b) => a - b));

const help = fc.constantFrom('Help.', 'With "quotes", \\ and\nlines.', 'Ends in \\', '😀');

export const definitions = (
  labels = [...LABEL_NAMES, ...INHERITED_NAMES],
): fc.Arbitrary<FamilyDefinition[]> =>
  fc
    .array(
      fc.record({
        stem: fc.constantFrom('jobs', 'A', '_', ':', 'constructor', '__proto__', 'x_bucket', 'x_sum'),
        type: fc.constantFrom('counter', 'gauge', 'histogram'),
        ending: fc.constantFrom('', '_total'),
        help,
        labelNames: fc.uniqueArray(fc.constantFrom(...labels), { maxLength: 4 }),
        buckets,
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((families) =>
      families.map(({ stem, type, ending, buckets: bounds, ...rest }, index) => ({
        ...rest,
        type,
        name: `${stem}_${index}${type === 'counter' ? ending : ''}`,
        ...(type === 'histogram' && { buckets: bounds }),
      })),
    );

const wellFormedText = hostileText.map(textOf);

/** The application's default labels; they may be named like labels of families. */
export const defaultLabels = fc.dictionary(
  fc.constantFrom('app', 'zone', ...LABEL_NAMES, ...INHERITED_NAMES),
  wellFormedText,
  { maxKeys: 3 },
);

/** Those of the host. Both clients lose defaults whose names objects inherit, also for metrics of their own. */
export const hostDefaultLabels = fc.dictionary(
  fc.constantFrom('app', 'host', ...LABEL_NAMES),
  fc.oneof(wellFormedText, fc.integer()),
  { maxKeys: 3 },
);

export type Form =
  | 'object'
  | 'reversed object'
  | 'array'
  | 'child by values'
  | 'child by object'
  | 'kept child'
  | 'left out'
  | 'undefined';

export const FORMS: readonly Form[] = [
  'object',
  'reversed object',
  'array',
  'child by values',
  'child by object',
  'kept child',
  'left out',
  'undefined',
];

export interface Operation {
  readonly kind: (typeof KINDS)[number];
  /** Taken modulo the number of families. */
  readonly family: number;
  /** Places in the pool of label values, one for each of up to four labels. */
  readonly picks: readonly number[];
  readonly form: Form;
  readonly value: number;
  /** Which of the kept children. */
  readonly slot: number;
  /** The bound to observe instead of the value, taken modulo their number; `undefined` for the value. */
  readonly bound: number | undefined;
}

const KINDS = [
  'record',
  'increase',
  'decrease',
  'start timer',
  'stop timer',
  'touch',
  'remove',
  'reset',
  'snapshot',
  'scrape',
  'reset host',
  'clear host',
  'label host',
] as const;

export const operations = (
  kinds: readonly Operation['kind'][] = KINDS,
  forms: readonly Form[] = FORMS,
): fc.Arbitrary<Operation[]> =>
  fc.array(
    fc.record({
      kind: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...kinds) }, fc.constant('record' as const)),
      family: fc.nat(3),
      picks: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
      form: fc.constantFrom(...forms),
      value: anyNumber,
      slot: fc.nat(3),
      bound: fc.option(fc.nat(39), { freq: 2, nil: undefined }),
    }),
    { maxLength: 40, size: 'max' },
  );

/** Few, so that operations meet in the same series. */
export const labelPool = (values: fc.Arbitrary<LabelValue> = labelValue): fc.Arbitrary<LabelValue[]> =>
  fc.array(values, { minLength: 4, maxLength: 4 });
