// Random sequences of session changes between reads and writes, on a database with a statement cache and on its twin without:
// what the suite does for some seconds (test/support/twins), for longer. Fails when an answer or a table differs, with the
// shortest sequence that does.
//
//   node bench/statement-sessions.mjs [statements] [--seed=n] [--groups=path,temporary,…] [--foreign] [--all] [--postgres=15]
//
// --all goes on after a difference and prints each as a line; --foreign adds connections that no cache has hooked and that
// change objects; --postgres takes Debian's server of that version.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    groups: { type: 'string' },
    foreign: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    postgres: { type: 'string' },
  },
});

const support = async (name) =>
  (await runnerImport(fileURLToPath(new URL(`../test/support/${name}.ts`, import.meta.url)))).module;
const [{ startPostgres }, { startDebianPostgres }, { Twins }, { ALL_GROUPS }] = [
  await support('postgres'),
  await support('debian-postgres'),
  await support('twins/twins'),
  await support('twins/steps'),
];

const server = await (options.postgres === undefined
  ? startPostgres()
  : startDebianPostgres(Number(options.postgres)));
try {
  const twins = await Twins.create(server.url);
  const { failure, ...result } = await twins.run({
    seed: Number(options.seed),
    statements: Number(positionals[0] ?? 100_000),
    groups: options.groups?.split(',') ?? ALL_GROUPS,
    foreign: options.foreign,
    countsAll: options.all,
    onDifference: (_, { at, step, named, plain }) => {
      if (options.all) {
        console.log(`${at}: ${step?.text ?? 'tables'} → ${first(named)} instead of ${first(plain)}`);
      }
    },
  });
  console.log(result);
  if (result.differences > 0) {
    console.error(failure?.text ?? '');
    process.exitCode = 1;
  }
  await twins.drop();
} finally {
  await server.stop();
}

function first(answer) {
  return JSON.stringify(answer).slice(0, 150);
}
