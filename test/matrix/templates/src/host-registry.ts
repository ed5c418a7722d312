import { Counter, register } from 'prom-client';

/** Of the application itself, without the library: its registry is where the library registers, too. */
export const visits = new Counter({ name: 'visits_total', help: 'Visits.', labelNames: ['what'] });

export { register };
