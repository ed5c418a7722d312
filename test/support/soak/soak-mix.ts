import { integerBetween, type Random } from '../../../sample/src/common/random.js';
import type { PlannedRequest } from '../../../sample/src/traffic/request-mix.js';

interface Kind {
  readonly weight: number;
  readonly method?: string;
  readonly route: string;
  readonly path?: (random: Random) => string;
  readonly json?: boolean;
  readonly leaves?: PlannedRequest['leaves'];
  readonly status: number;
}

const JSON_BODY = JSON.stringify({ note: 'x'.repeat(20_000) });
/** Far more than any budget allows. */
const anything = (random: Random): number => integerBetween(random, 1, 1_000_000_000);
/** Of traces of which every second one is sampled. */
function traceParent(random: Random): string {
  const id = anything(random).toString(16).padStart(16, 'a');
  return `00-${id}${id}-${id}-0${integerBetween(random, 0, 1)}`;
}

/** Requests of the application under soak. Statuses are those of quiet times. */
const KINDS: readonly Kind[] = [
  {
    weight: 30,
    route: '/books/:id',
    path: (random) => `/books/${integerBetween(random, 1, 50)}`,
    status: 200,
  },
  { weight: 10, route: '/orders', method: 'POST', json: true, status: 201 },
  {
    weight: 8,
    route: '/sleep/:ms',
    path: (random) => `/sleep/${integerBetween(random, 1, 30)}`,
    status: 200,
  },
  { weight: 3, route: '/repeated', status: 200 },
  { weight: 0.5, route: '/crowd', status: 503 },
  { weight: 4, route: '/failing-query', status: 500 },
  { weight: 4, route: '/fault', status: 500 },
  ...['fetch', 'http'].flatMap((client) =>
    ['answer', 'refuse', 'break', 'wait', 'leave'].map((behaviour) => ({
      weight: behaviour === 'answer' ? 3 : 0.3,
      route: '/calls/:client/:behaviour',
      path: () => `/calls/${client}/${behaviour}`,
      status: 200,
    })),
  ),
  { weight: 4, route: '/hanging', leaves: 'at status 102', status: 499 },
  { weight: 4, route: '/leaving', leaves: 'at status 102', status: 499 },
  { weight: 4, route: '/stream', leaves: 'at the first bytes', status: 200 },
  { weight: 2, route: '/orders', method: 'POST', json: true, leaves: 'at status 100', status: 499 },
  { weight: 10, route: '/floods/:value', path: (random) => `/floods/${anything(random)}`, status: 200 },
  { weight: 8, route: '<unmatched>', path: (random) => `/nothing/${anything(random)}`, status: 404 },
  {
    weight: 1,
    route: '<unmatched>',
    method: 'PROPFIND',
    path: (random) => `/${anything(random)}`,
    status: 404,
  },
];

const TOTAL_WEIGHT = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/** How many kinds of requests there are. */
export const KIND_COUNT = KINDS.length;

export function planSoak(random: Random): PlannedRequest {
  let remaining = random() * TOTAL_WEIGHT;
  return planned(KINDS.find(({ weight }) => (remaining -= weight) < 0) ?? KINDS[0], random);
}

/** Plans one request of each kind: the rare ones are not left to chance. */
export function planEach(): (random: Random) => PlannedRequest {
  let next = 0;
  return (random) => planned(KINDS[next++ % KIND_COUNT], random);
}

/** What fills everything that has a ceiling, so that the heap is flat from then on. */
export function planFlood(random: Random): PlannedRequest {
  return planned(
    KINDS.find(({ route }) => route.startsWith('/floods')),
    random,
  );
}

function planned(kind: Kind | undefined, random: Random): PlannedRequest {
  if (kind === undefined) throw new Error('There is no such kind.');
  const { method = 'GET', route, path, json, leaves, status } = kind;
  return {
    method,
    path: path?.(random) ?? route,
    headers: {
      'x-tenant': `tenant-${anything(random)}`,
      traceparent: traceParent(random),
      ...(json && { 'content-type': 'application/json' }),
    },
    body: json ? JSON_BODY : undefined,
    leaves,
    route,
    status,
  };
}
