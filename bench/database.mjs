// CPU time per query of an application with TypeORM and a variant of it, on the sample's entities, in paired slices (see
// paired-slices.mjs): a bare data source and one with this library are sent queries in turn.
//
// In one process; in two processes on one core where the variant costs the whole process, as an AsyncLocalStorage costs
// every promise before Node 24. The application is on one core, PostgreSQL (the sample's embedded one, or the one that
// DATABASE_URL names) on the other where `taskset` can pin it.
import { once } from 'node:events';
import { startEmbeddedPostgres } from '../sample/dist/database/embedded-postgres.js';
import { cell, machine, means, overLaunches, pairedSlices } from './paired-slices.mjs';
import { launch, measureInRounds, ROUNDS, shuffled } from './rounds.mjs';

const CASES = ['findOneBy()', 'join of three tables'];
/** For each application and case: enough for V8 to have optimised it, however slow the machine is. */
const WARM_UP_QUERIES = 4_000;
/** Shorter slices than those of requests: within 20 ms the machine hardly drifts, and the ratio of pairs is steadier. */
const SLICE_MS = Number(process.env.SLICE_MS ?? 20);
const PAIRS = Number(process.env.PAIRS ?? 100);
const ONE = 'one process';
const TWO = 'two processes';
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

/**
 * Measures one launch of a row. The second data source of a process is up to 6 % slower than the first, so the variant comes first
 * in one half of the pairs and second in the other, in a process each.
 */
async function measure(url, variant, arrangement) {
  const base = { variant: 'bare' };
  const compared = { variant };
  const orders =
    arrangement === TWO ? [[[base], [compared]]] : shuffled([[[base, compared]], [[compared, base]]]);
  const measured = [];
  for (const processes of orders) {
    measured.push(await measureIn(processes, [base, compared], url, Math.ceil(PAIRS / orders.length)));
  }
  return Object.fromEntries(CASES.map((query) => [query, means(measured.map((figures) => figures[query]))]));
}

/** Measures the pairs of two data sources, which are opened in the given processes. */
async function measureIn(processes, pair, url, pairs) {
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
    figures[query] = await pairedSlices({ variants, run, pairs, sliceMs: SLICE_MS });
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
