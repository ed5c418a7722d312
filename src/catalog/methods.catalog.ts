import type { CatalogFamily } from './catalog-family.js';

const group = 'Methods';

/** Buckets of method durations in seconds: those of requests and two lower ones, because methods are shorter. */
export const METHOD_DURATION_BUCKETS_SECONDS = [
  0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const WHERE =
  '`class` is the class that declares the method, so a `super` call is counted once per decorated level. ';

export const METHOD_DURATION_SECONDS = {
  name: 'method_duration_seconds',
  type: 'histogram',
  labelNames: ['class', 'method', 'outcome'],
  buckets: METHOD_DURATION_BUCKETS_SECONDS,
  help: 'Duration of calls of decorated methods in seconds by outcome.',
  group,
  when: 'a method has `@Timed()` without a name',
  contract: false,
  exemplars: 'of the code that calls the method',
  meaning:
    WHERE +
    'From the call to the return or the promise’s settlement. An Observable: from each subscription to its completion. An ' +
    'async iterator: from its first to its last step. A stream: until it closes. `outcome` is success, error, or ' +
    'cancelled (the consumer stopped before the end).',
} as const satisfies CatalogFamily;

export const METHOD_CALLS_TOTAL = {
  name: 'method_calls_total',
  type: 'counter',
  labelNames: ['class', 'method', 'outcome'],
  help: 'Total calls of decorated methods by outcome, counted when they have ended.',
  atZero: 'success and error of each decorated method from the start',
  group,
  when: 'a method has `@Counted()` without a name',
  contract: false,
  exemplars: 'of the code that calls the method, for `outcome` error',
  meaning: WHERE + 'Calls begin and end as with `@Timed()`.',
} as const satisfies CatalogFamily;

export const METHOD_IN_FLIGHT = {
  name: 'method_in_flight',
  type: 'gauge',
  labelNames: ['class', 'method'],
  help: 'Calls of decorated methods that have begun and not ended.',
  atZero: 'each decorated method from the start',
  group,
  when: 'a method has `@InFlight()` without a name',
  contract: false,
  meaning: WHERE + 'Calls begin and end as with `@Timed()`.',
} as const satisfies CatalogFamily;

export const METHODS_FAMILIES: readonly CatalogFamily[] = [
  METHOD_DURATION_SECONDS,
  METHOD_CALLS_TOTAL,
  METHOD_IN_FLIGHT,
];
