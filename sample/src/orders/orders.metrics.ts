import { counter } from 'nestjs-hyper-metrics';

export const copiesSoldTotal = counter({
  name: 'bookshop_copies_sold_total',
  help: 'Total copies of books that were sold.',
});
