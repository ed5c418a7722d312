import { defineCounter, defineHistogram } from 'nestjs-hyper-metrics';

export const giftsWrappedTotal = defineCounter({
  name: 'bookshop_gifts_wrapped_total',
  help: 'Total gifts that were wrapped by paper.',
  labelNames: ['paper'],
});

export const booksPerGift = defineHistogram({
  name: 'bookshop_books_per_gift',
  help: 'Number of books in a gift.',
  buckets: [1, 2, 5],
});
