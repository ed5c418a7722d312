/** What there is to open, by what it shows. */
export const ROUTE_LINKS = {
  metrics: '/metrics',
  index: '/',
  fastList: '/books?page=1&pageSize=20',
  join: '/books/1',
  nested: '/books/1/reviews',
  authorsBooks: '/authors/1/books',
  order: '/orders/1',
  nPlusOne: '/reviews/n-plus-one',
  fixedTwin: '/reviews',
  slowReport: '/reports/sales',
  fileStream: '/books.csv',
  eventStream: '/events',
  notFound: '/books/999999',
  forbidden: '/admin/stats',
  failing: '/faults/error',
} as const;
