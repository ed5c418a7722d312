// CPU time per query of an application with TypeORM, with this library and without, on the sample's entities.
//
// As in request-overhead.mjs, every variant is launched afresh in every round, in random order; the application is on
// one core, PostgreSQL (the sample's embedded one, or the one that DATABASE_URL names) on the other where `taskset` can pin it.
import { once } from 'node:events';
import { startEmbeddedPostgres } from '../sample/dist/database/embedded-postgres.js';
import { launch, measureInRounds, median, minimum, ROUNDS, table } from './rounds.mjs';

const VARIANTS = ['bare', 'metrics', 'metrics, in scopes', 'disabled'];

const server = process.env.DATABASE_URL
  ? { url: process.env.DATABASE_URL, stop: async () => {} }
  : await startEmbeddedPostgres();
try {
  const cases = {};
  await measureInRounds(VARIANTS, async (variant) => {
    const child = launch('database-client.mjs', variant, server.url);
    const [spent] = await once(child, 'message');
    await once(child, 'exit');
    for (const [one, microseconds] of Object.entries(spent)) {
      ((cases[one] ??= {})[variant] ??= []).push(microseconds);
    }
  });
  for (const [one, spent] of Object.entries(cases)) {
    console.log(`\n${one}, ${ROUNDS} rounds, CPU µs per query`);
    console.table(
      table(spent, (times) => ({
        'ratio of medians': (median(times) / median(spent.bare)).toFixed(3),
        'ratio of minima': (minimum(times) / minimum(spent.bare)).toFixed(3),
      })),
    );
  }
} finally {
  await server.stop();
}
