// CPU time per query of an application with TypeORM and a variant of it, on the sample's entities, in paired slices (see
// paired-slices.mjs): a bare data source and one with this library are sent queries in turn.
//
// In one process; in two processes on one core where the variant costs the whole process, as an AsyncLocalStorage costs
// every promise on Node 20. The application is on one core, PostgreSQL (the sample's embedded one, or the one that
// DATABASE_URL names) on the other where `taskset` can pin it.
import { once } from 'node:events';
import { startEmbeddedPostgres } from '../sample/dist/database/embedded-postgres.js';
import { cell, machine, overLaunches, pairedSlices, PAIRS, SLICE_MS } from './paired-slices.mjs';
import { launch, measureInRounds, ROUNDS } from './rounds.mjs';

const CASES = ['findOneBy()', 'join of three tables'];
/** For each application and case: enough for V8 to have optimised it, however slow the machine is. */
const WARM_UP_QUERIES = 2_000;
const ONE = 'one process';
const TWO = 'two processes';
const ROWS = new Map(
  [
    ['bare', ONE],
    ['metrics', ONE],
    ['everything on', ONE],
    ['disabled', ONE],
    ['bare', TWO],
    ['metrics, in scopes', TWO],
    ['everything on, in scopes', TWO],
  ].map(([variant, arrangement]) => [`${variant}, ${arrangement}`, [variant, arrangement]]),
);

async function measure(url, variant, arrangement) {
  const processes = arrangement === ONE ? [['bare', variant]] : [['bare'], [variant]];
  const children = [];
  for (const variants of processes) {
    // One after the other: the first one of all creates the tables.
    const child = launch('database-client.mjs', url, ...variants);
    children.push(child);
    await once(child, 'message');
  }
  const ends = children.map((child) => once(child, 'exit'));
  const applications = children.flatMap((child, place) =>
    processes[place].map((_, index) => ({ child, index })),
  );
  const figures = {};
  for (const query of CASES) {
    const run = async ({ child, index }, sliceMs) => {
      child.send({ index, query, sliceMs });
      const [slice] = await once(child, 'message');
      return slice;
    };
    for (const application of applications) {
      for (let sent = 0; sent < WARM_UP_QUERIES;) sent += (await run(application, SLICE_MS)).work;
    }
    figures[query] = await pairedSlices({ variants: applications, run });
  }
  for (const child of children) child.send('end');
  await Promise.all(ends);
  return figures;
}

const server = process.env.DATABASE_URL
  ? { url: process.env.DATABASE_URL, stop: async () => {} }
  : await startEmbeddedPostgres();
try {
  console.log(`${machine()}; ${ROUNDS} launches of ${PAIRS} pairs of slices of ${SLICE_MS} ms`);
  const measured = await measureInRounds([...ROWS.keys()], (row) => measure(server.url, ...ROWS.get(row)));
  for (const query of CASES) {
    console.log(`\n${query}, CPU time per query: median (range) over launches`);
    console.table(
      Object.fromEntries(
        Object.entries(measured).map(([row, launches]) => {
          const { ratio, baseMicros, addedMicros } = overLaunches(launches.map((figures) => figures[query]));
          return [
            row,
            {
              'bare µs': baseMicros.median.toFixed(1),
              ratio: cell(ratio, 3),
              'added µs': cell(addedMicros, 1),
            },
          ];
        }),
      ),
    );
  }
  console.log(machine());
} finally {
  await server.stop();
}
