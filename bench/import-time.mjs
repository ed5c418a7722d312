// What it takes to load the library: node bench/import-time.mjs, or some of it: VARIANTS='import nestjs-hyper-metrics'
//
// Each measurement is a process of its own in which nothing is loaded yet (the operating system has the files in its cache). A process
// loads what every Nest application has, then the library. Processes with the library and without it take turns in pairs, so that both
// share what the machine does meanwhile: the difference of a pair also has what the library makes the process do later, such as
// collecting garbage.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { machine } from './paired-slices.mjs';
import { launch, maximum, median, minimum, shuffled } from './rounds.mjs';

const PAIRS = Number(process.env.PAIRS ?? 30);
const ONLY = process.env.VARIANTS?.split(';');
const PEERS = ['reflect-metadata', 'rxjs', '@nestjs/common', '@nestjs/core', 'prom-client'];
/** Where Node.js can `require()` ES modules, `require()` of the package loads them; the CommonJS files are for Jest and others. */
const WAYS = [
  { module: 'nestjs-hyper-metrics', by: 'import', peers: PEERS },
  { module: 'nestjs-hyper-metrics', by: 'require', peers: PEERS },
  { module: '../dist/cjs/index.js', by: 'require', peers: PEERS },
  { module: 'nestjs-hyper-metrics/testing', by: 'import', peers: PEERS },
  { module: 'nestjs-hyper-metrics/cluster', by: 'import', peers: [] },
  { module: 'nestjs-hyper-metrics/monitoring', by: 'import', peers: [] },
];

const [, , way, what] = process.argv;
if (way === undefined) {
  await compare();
} else {
  await measure(WAYS[Number(way)], what === 'library');
}

async function compare() {
  console.log(`${machine()}; ${PAIRS} pairs of cold processes; median (range)`);
  const rows = {};
  for (const [index, { by, module }] of WAYS.entries()) {
    const name = `${by} ${module}`;
    if (ONLY?.includes(name) === false) continue;
    const measured = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const processes = {};
      for (const variant of shuffled(['peers', 'library'])) {
        processes[variant] = await inProcess(String(index), variant);
      }
      measured.push(processes);
    }
    const column = (figure) => summary(measured.map(figure));
    rows[name] = {
      'Nest and prom-client, CPU ms': column(({ library }) => library.peers.cpuMs),
      'the library, CPU ms': column(({ library }) => library.library.cpuMs),
      'by pairs, CPU ms': column(({ library, peers }) => library.cpuMs - peers.cpuMs),
      'the library, ms': column(({ library }) => library.library.ms),
      'all since the start of the process, ms': column(({ library }) => library.sinceStartMs),
    };
  }
  console.table(rows);
}

async function inProcess(...args) {
  const child = launch('import-time.mjs', ...args);
  const exited = once(child, 'exit');
  const [figures] = await once(child, 'message');
  await exited;
  return figures;
}

async function measure({ by, module, peers }, withLibrary) {
  const require = createRequire(import.meta.url);
  const load = by === 'import' ? (name) => import(name) : require;
  const loaded = { peers: await timed(peers, load), library: { ms: 0, cpuMs: 0 } };
  if (withLibrary) loaded.library = await timed([module], load);
  const sinceStartMs = performance.now();
  // Turns of the event loop, for what loading has left to do.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  process.send({ ...loaded, sinceStartMs, cpuMs: cpuMs() }, () => process.disconnect());
}

async function timed(names, load) {
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()];
  for (const name of names) await load(name);
  return { ms: performance.now() - startedAt, cpuMs: cpuMs() - cpuBefore };
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function summary(figures) {
  return `${median(figures).toFixed(0)} (${minimum(figures).toFixed(0)}–${maximum(figures).toFixed(0)})`;
}
