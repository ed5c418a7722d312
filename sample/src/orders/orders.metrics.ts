import { defineCounter } from 'nestjs-hyper-metrics';

export const copiesSoldTotal = defineCounter({
  name: 'bookshop_copies_sold_total',
  help: 'Total copies of books that were sold.',
});
