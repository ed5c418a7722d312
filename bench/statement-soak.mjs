// A hundred thousand queries with named statements beside their unnamed twins, while tables change: what the suite does for
// some seconds (test/support/statement-soak.ts), for longer. Fails when a single answer differs.
//
//   node bench/statement-soak.mjs [queries]
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const QUERIES = Number(process.argv[2] ?? 100_000);

const support = async (name) =>
  (await runnerImport(fileURLToPath(new URL(`../test/support/${name}.ts`, import.meta.url)))).module;
const [{ startPostgres }, { soak }] = [await support('postgres'), await support('statement-soak')];

const server = await startPostgres();
try {
  const { wrong, disagreements, ...result } = await soak(server.url, QUERIES);
  console.log({ ...result, wrong: wrong.length, disagreements: disagreements.length });
  if (wrong.length > 0 || disagreements.length > 0) {
    console.error([...wrong, ...disagreements].slice(0, 20));
    process.exitCode = 1;
  }
} finally {
  await server.stop();
}
