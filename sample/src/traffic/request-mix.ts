import { ADMIN_TOKEN, ADMIN_TOKEN_HEADER } from '../admin/admin-token.guard.js';
import { integerBetween, type Random } from '../common/random.js';
import { SEED_AUTHORS, SEED_BOOKS } from '../seed/bookshop.generator.js';

export interface PlannedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The client leaves after this time. */
  readonly abortAfterMs?: number;
}

interface MixEntry {
  readonly weight: number;
  readonly plan: (random: Random) => PlannedRequest;
}

const MIX: readonly MixEntry[] = [
  { weight: 28, plan: (random) => get(`/books?page=${integerBetween(random, 1, 10)}`) },
  { weight: 28, plan: (random) => get(`/books/${integerBetween(random, 1, SEED_BOOKS)}`) },
  { weight: 9, plan: (random) => get(`/books/${integerBetween(random, 1, SEED_BOOKS)}/reviews`) },
  { weight: 9, plan: (random) => get(`/authors/${integerBetween(random, 1, SEED_AUTHORS)}/books`) },
  {
    weight: 4,
    plan: (random) => postBook({ title: 'A New Book', authorId: integerBetween(random, 1, SEED_AUTHORS) }),
  },
  { weight: 2, plan: () => postBook({ title: '', authorId: 1 }) },
  { weight: 3, plan: () => ({ ...get('/admin/stats'), headers: { [ADMIN_TOKEN_HEADER]: ADMIN_TOKEN } }) },
  { weight: 4, plan: () => get('/admin/stats') },
  { weight: 3, plan: () => get('/books/999999') },
  { weight: 2, plan: () => get('/no-such-page') },
  { weight: 3, plan: () => get('/faults/error') },
  { weight: 2, plan: () => get('/faults/slow') },
  { weight: 2, plan: () => ({ ...get('/faults/slow'), abortAfterMs: 100 }) },
  { weight: 1, plan: () => ({ ...get('/events'), abortAfterMs: 2500 }) },
];

const TOTAL_WEIGHT = MIX.reduce((sum, { weight }) => sum + weight, 0);

export function planRequest(random: Random): PlannedRequest {
  let remaining = random() * TOTAL_WEIGHT;
  const entry = MIX.find(({ weight }) => (remaining -= weight) < 0);
  return entry?.plan(random) ?? get('/');
}

function get(path: string): PlannedRequest {
  return { method: 'GET', path };
}

function postBook(fields: { readonly title: string; readonly authorId: number }): PlannedRequest {
  return { method: 'POST', path: '/books', body: { ...fields, priceCents: 1295, publishedYear: 2025 } };
}
