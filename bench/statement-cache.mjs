// What named statements give: throughput, and CPU time of application and server, with a statement cache and without.
//
// Every round is a process of its own, on one core; the server (the sample's embedded one, or the one that DATABASE_URL names)
// is on the other where `taskset` can pin it. Within a round both variants take turns in short slices.
import { once } from 'node:events';
import { DataSource } from 'typeorm';
import { startEmbeddedPostgres } from '../sample/dist/database/embedded-postgres.js';
import { launch, maximum, median, minimum, ROUNDS, table } from './rounds.mjs';
import { entitiesOf, seed } from './statement-tables.mjs';

const throughputOf = ({ queries, elapsedMs }) => (queries / elapsedMs) * 1000;
const serverCpuOf = ({ serverTicks, queries }) => serverTicks / queries;
const clientCpuOf = ({ clientMicros, queries }) => clientMicros / queries;

const server = process.env.DATABASE_URL
  ? { url: process.env.DATABASE_URL, stop: async () => {} }
  : await startEmbeddedPostgres();
try {
  const entities = [...entitiesOf('integer'), ...entitiesOf('uuid')];
  const source = new DataSource({ type: 'postgres', url: server.url, entities, synchronize: true });
  await seed(await source.initialize());
  await source.destroy();

  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = launch('statement-cache-client.mjs', server.url);
    const [measured] = await once(child, 'message');
    await once(child, 'exit');
    rounds.push(measured);
  }
  console.log(`\n${ROUNDS} rounds: medians, and named : unnamed in each round (spread)`);
  console.table(Object.fromEntries(Object.keys(rounds[0].cases).map((name) => [name, rowOf(rounds, name)])));
  console.log("Without this library, pg's own names : unnamed");
  console.table(
    Object.fromEntries(
      Object.keys(rounds[0].cases)
        .filter((name) => 'bare' in rounds[0].cases[name])
        .map((name) => [name, rowOf(rounds, name, 'bare')]),
    ),
  );
  console.log('A skewed table, milliseconds a query');
  console.table(
    table(
      Object.fromEntries(
        Object.keys(rounds[0].skewed).map((variant) => [
          variant,
          rounds.map(({ skewed }) => skewed[variant]),
        ]),
      ),
    ),
  );
} finally {
  await server.stop();
}

function rowOf(rounds, name, namedBy = 'named') {
  const of = (variant, measure) => rounds.map(({ cases }) => measure(cases[name][variant]));
  const ratio = (measure) => {
    const unnamed = of('unnamed', measure);
    const ratios = of(namedBy, measure).map((named, round) => named / unnamed[round]);
    return `${median(ratios).toFixed(2)} (${minimum(ratios).toFixed(2)}–${maximum(ratios).toFixed(2)})`;
  };
  return {
    'queries/s unnamed': median(of('unnamed', throughputOf)).toFixed(0),
    'queries/s named': median(of(namedBy, throughputOf)).toFixed(0),
    throughput: ratio(throughputOf),
    'server CPU': ratio(serverCpuOf),
    'client CPU': ratio(clientCpuOf),
  };
}
