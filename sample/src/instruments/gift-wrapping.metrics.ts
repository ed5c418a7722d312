import { counter, histogram } from 'nestjs-hyper-metrics';

export const giftsWrappedTotal = counter({
  name: 'bookshop_gifts_wrapped_total',
  help: 'Total gifts that were wrapped by paper.',
  labelNames: ['paper'],
});

export const booksPerGift = histogram({
  name: 'bookshop_books_per_gift',
  help: 'Number of books in a gift.',
  buckets: [1, 2, 5],
});
