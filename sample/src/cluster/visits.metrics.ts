import { counter } from 'nestjs-hyper-metrics';

export const visitsTotal = counter({ name: 'visits_total', help: 'Visits of the front page.' });
