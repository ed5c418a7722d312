import { ADMIN_TOKEN, ADMIN_TOKEN_HEADER } from '../admin/admin-token.guard.js';
import { integerBetween, type Random } from '../common/random.js';
import { LARGEST_QUANTITY } from '../orders/new-order.pipe.js';
import { SEED_AUTHORS, SEED_BOOKS, SEED_ORDERS } from '../seed/bookshop.generator.js';

/** A client that leaves at one of these moments knows that the server has seen its request. */
export type Departure = 'at status 100' | 'at status 102' | 'at the first bytes';

export interface PlannedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  readonly leaves: Departure | undefined;
  /** What the server must count it as: the template that its router finds, and the status. */
  readonly route: string;
  readonly status: number;
}

interface MixEntry {
  readonly weight: number;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly route: string;
  /** Of one request to the route, when that has parameters. */
  readonly path?: (random: Random) => string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: (random: Random) => Readonly<Record<string, unknown>>;
  readonly bytes?: Buffer;
  readonly leaves?: Departure;
  readonly status: number;
}

const aPage = (random: Random): number => integerBetween(random, 1, 50);
const aBook = (random: Random): number => integerBetween(random, 1, SEED_BOOKS);
const anAuthor = (random: Random): number => integerBetween(random, 1, SEED_AUTHORS);
const anOrder = (random: Random): number => integerBetween(random, 1, SEED_ORDERS);
const aCover = (random: Random): string => `/books/${aBook(random)}/cover`;

const LEFT_UNANSWERED = 499;
const ADMIN = { [ADMIN_TOKEN_HEADER]: ADMIN_TOKEN };
const IMAGE = { 'content-type': 'image/png' };
const COVER = Buffer.alloc(50_000);
const NEW_BOOK = { title: 'A New Book', priceCents: 1295, publishedYear: 2025 };

const MIX: readonly MixEntry[] = [
  { weight: 23, route: '/books', path: (random) => `/books?page=${aPage(random)}`, status: 200 },
  { weight: 20, route: '/books/:id', path: (random) => `/books/${aBook(random)}`, status: 200 },
  {
    weight: 8,
    route: '/books/:bookId/reviews',
    path: (random) => `/books/${aBook(random)}/reviews`,
    status: 200,
  },
  {
    weight: 8,
    route: '/authors/:authorId/books',
    path: (random) => `/authors/${anAuthor(random)}/books`,
    status: 200,
  },
  { weight: 6, route: '/orders/:id', path: (random) => `/orders/${anOrder(random)}`, status: 200 },
  {
    weight: 3,
    route: '/orders/:id/delivery',
    path: (random) => `/orders/${anOrder(random)}/delivery`,
    status: 200,
  },
  { weight: 3, route: '/reviews', path: (random) => `/reviews?page=${aPage(random)}`, status: 200 },
  {
    weight: 1,
    route: '/reviews/n-plus-one',
    path: (random) => `/reviews/n-plus-one?page=${aPage(random)}`,
    status: 200,
  },
  { weight: 1, route: '/reports/sales', status: 200 },
  { weight: 1, route: '/reports/sales', leaves: 'at status 102', status: LEFT_UNANSWERED },
  {
    weight: 4,
    method: 'POST',
    route: '/orders',
    json: (random) => ({ bookId: aBook(random), quantity: 1 }),
    status: 201,
  },
  {
    weight: 1,
    method: 'POST',
    route: '/orders',
    json: (random) => ({ bookId: aBook(random), quantity: LARGEST_QUANTITY }),
    status: 409,
  },
  {
    weight: 3,
    method: 'POST',
    route: '/books',
    json: (random) => ({ ...NEW_BOOK, authorId: anAuthor(random) }),
    status: 201,
  },
  { weight: 2, method: 'POST', route: '/books', json: () => ({ ...NEW_BOOK, title: '' }), status: 400 },
  {
    weight: 2,
    method: 'PUT',
    route: '/books/:id/cover',
    path: aCover,
    headers: IMAGE,
    bytes: COVER,
    status: 200,
  },
  {
    weight: 1,
    method: 'PUT',
    route: '/books/:id/cover',
    path: aCover,
    headers: IMAGE,
    bytes: COVER,
    leaves: 'at status 100',
    status: LEFT_UNANSWERED,
  },
  { weight: 0.5, route: '/books.csv', status: 200 },
  { weight: 0.5, route: '/books.csv', leaves: 'at the first bytes', status: 200 },
  { weight: 1, route: '/events', leaves: 'at the first bytes', status: 200 },
  { weight: 1, route: '/', status: 200 },
  { weight: 2, route: '/admin/stats', headers: ADMIN, status: 200 },
  { weight: 4, route: '/admin/stats', status: 403 },
  { weight: 3, route: '/books/:id', path: () => '/books/999999999', status: 404 },
  { weight: 2, route: '<unmatched>', path: () => '/no-such-page', status: 404 },
  { weight: 2, route: '/faults/error', status: 500 },
  { weight: 0.5, route: '/instruments/timed', status: 200 },
  { weight: 0.5, route: '/instruments/counted', status: 200 },
  { weight: 0.5, route: '/instruments/in-flight', status: 200 },
  { weight: 0.5, route: '/instruments/inject-metric', status: 200 },
  { weight: 0.5, route: '/database', status: 200 },
  {
    weight: 1,
    route: '/database/transaction',
    path: (random) => `/database/transaction?ms=${integerBetween(random, 20, 200)}`,
    status: 200,
  },
  { weight: 0.5, route: '/database/query-runner', status: 200 },
  {
    weight: 0.5,
    route: '/database/slow-query',
    path: (random) => `/database/slow-query?ms=${integerBetween(random, 50, 150)}`,
    status: 200,
  },
  { weight: 1, route: '/database/failing-query', status: 200 },
  {
    weight: 0.3,
    route: '/database/burst',
    path: (random) => `/database/burst?callers=${integerBetween(random, 5, 15)}&ms=20`,
    status: 200,
  },
  { weight: 0.5, route: '/database/stream', status: 200 },
  { weight: 0.5, route: '/database/statements', status: 200 },
  { weight: 1, route: '/health', status: 200 },
];

const TOTAL_WEIGHT = MIX.reduce((sum, { weight }) => sum + weight, 0);

/** Of ids of traces and spans: a gateway with a tracer that samples every request stands before the shop. */
function hexadecimal(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => integerBetween(random, 0, 15).toString(16)).join('');
}

/** The same requests in the same order for the same random numbers. */
export function planRequest(random: Random): PlannedRequest {
  let remaining = random() * TOTAL_WEIGHT;
  const entry = MIX.find(({ weight }) => (remaining -= weight) < 0);
  if (entry === undefined) throw new Error('The mix is empty.');
  const { method = 'GET', route, path, headers, json, bytes, leaves, status } = entry;
  return {
    method,
    path: path?.(random) ?? route,
    headers: {
      ...headers,
      ...(json && { 'content-type': 'application/json' }),
      traceparent: `00-${hexadecimal(random, 32)}-${hexadecimal(random, 16)}-01`,
    },
    body: json === undefined ? bytes : JSON.stringify(json(random)),
    leaves,
    route,
    status,
  };
}
