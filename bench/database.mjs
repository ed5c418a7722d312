// CPU time per query of an application with TypeORM and a variant of it, on the sample's entities, in paired slices (see
// paired-slices.mjs): a bare data source and one with this library are sent queries in turn.
//
// In one process; in two processes on one core where the variant costs the whole process, as an AsyncLocalStorage costs
// every promise before Node 24. The application is on one core, PostgreSQL (the sample's embedded one, or the one that
// DATABASE_URL names) on the other where `taskset` can pin it.
import { once } from 'node:events';
import { startEmbeddedPostgres } from '../sample/dist/database/embedded-postgres.js';
import {
  cell,
  inBothOrders,
  machine,
  ONE,
  overLaunches,
  pairedSlices,
  SLICE_MS,
  TWO,
} from './paired-slices.mjs';
import { launch, measureInRounds, ROUNDS } from './rounds.mjs';

const CASES = ['findOneBy()', 'join of three tables'];
/** For each application and case: enough for V8 to have optimised it, however slow the machine is. */
const WARM_UP_QUERIES = 4_000;
const PAIRS = Number(process.env.PAIRS ?? 100);
/** Where an AsyncLocalStorage in use costs every promise of its process. */
const SCOPES = Number(process.versions.node.split('.')[0]) < 24 ? TWO : ONE;
const VARIANTS = process.env.VARIANTS?.split(';');
const ROWS = new Map(
  [
    ['bare', ONE],
    ['disabled', ONE],
    ['metrics', ONE],
    ['everything on', ONE],
    ...(SCOPES === TWO ? [['bare', TWO]] : []),
    ['AsyncLocalStorage alone', SCOPES],
    ['metrics, in scopes', SCOPES],
    ['everything on, in scopes', SCOPES],
  ]
    .filter(([variant]) => VARIANTS?.includes(variant) ?? true)
    .map(([variant, arrangement]) => [`${variant}, ${arrangement}`, [variant, arrangement]]),
);

/** Measures the pairs of two data sources, which are opened in the given processes. */
async function measure(url, processes, pair, pairs) {
  const children = [];
  const places = new Map();
  for (const opened of processes) {
    const child = launch('database-client.mjs', url, ...opened.map(({ variant }) => variant));
    children.push(child);
    opened.forEach((one, index) => places.set(one, { child, index }));
    // One after the other: the first one of all creates the tables.
    await once(child, 'message');
  }
  const ends = children.map((child) => once(child, 'exit'));
  const variants = pair.map((one) => places.get(one));
  const figures = {};
  for (const query of CASES) {
    const run = async ({ child, index }, sliceMs) => {
      child.send({ index, query, sliceMs });
      const [slice] = await once(child, 'message');
      return slice;
    };
    for (const variant of variants) {
      for (let sent = 0; sent < WARM_UP_QUERIES;) sent += (await run(variant, SLICE_MS)).work;
    }
    figures[query] = await pairedSlices({ variants, run, pairs });
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
  const measured = await measureInRounds([...ROWS.keys()], (row) => {
    const [variant, arrangement] = ROWS.get(row);
    return inBothOrders(variant, arrangement, PAIRS, (...pairs) => measure(server.url, ...pairs));
  });
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
