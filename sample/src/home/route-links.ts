/** What there is to open, by what it shows. */
export const ROUTE_LINKS = {
  metrics: '/metrics',
  index: '/',
  books: '/books?page=1&pageSize=20',
  book: '/books/1',
  reviews: '/books/1/reviews',
  authorsBooks: '/authors/1/books',
  notFound: '/books/999999',
  forbidden: '/admin/stats',
  failing: '/faults/error',
  slow: '/faults/slow',
  eventStream: '/events',
} as const;
