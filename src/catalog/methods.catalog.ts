import type { CatalogFamily } from './catalog-family.js';

const group = 'Methods';

/** Buckets of method durations in seconds: those of requests, and two below them, because methods are shorter. */
export const METHOD_DURATION_BUCKETS_SECONDS = [
  0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const WHERE =
  '`class` is the class that declares the method, so that a `super` call is counted for each level that is decorated. ';

export const METHOD_DURATION_SECONDS = {
  name: 'method_duration_seconds',
  type: 'histogram',
  labelNames: ['class', 'method', 'outcome'],
  buckets: METHOD_DURATION_BUCKETS_SECONDS,
  help: 'Duration of calls of decorated methods in seconds by outcome.',
  group,
  when: 'a method has `@Timed()` without a name',
  contract: false,
  meaning:
    WHERE +
    'From the call to the return, or a promise’s settlement; of each subscription to an Observable until it completes; of ' +
    'an async iterator from its first to its last step; of a stream until it closes. `outcome` is success, error, or ' +
    'cancelled when the consumer left before the end.',
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
  meaning: WHERE + 'What a call is, and when it has ended, is the same as for `@Timed()`.',
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
  meaning: WHERE + 'What a call is, and when it has ended, is the same as for `@Timed()`.',
} as const satisfies CatalogFamily;
