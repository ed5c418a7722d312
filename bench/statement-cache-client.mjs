// One round of statement-cache.mjs: `node bench/statement-cache-client.mjs <url>`, answering its parent by IPC.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { StatementCache } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';
import { shuffled } from './rounds.mjs';
import { entitiesOf, idOf, JOIN_OF_SEVEN, joinOfSeven, ROWS, tableOf } from './statement-tables.mjs';

const SLICES = 6;
const SLICE_MS = 100;
const SKEWED_QUERIES = 200;
const [, , url] = process.argv;

const withRelations = (kind) => (dataSource, n) =>
  dataSource.getRepository(tableOf(kind, 'review')).findOne({
    where: { id: idOf(kind, n) },
    relations: { parent: { parent: true } },
    relationLoadStrategy: 'join',
  });

const CASES = {
  'findOneBy()': (dataSource, n) =>
    dataSource.getRepository(tableOf('integer', 'review')).findOneBy({ id: n }),
  'findOne(), 2 relations, integer keys': withRelations('integer'),
  'findOne(), 2 relations, UUIDs': withRelations('uuid'),
  'query builder, 7 tables': joinOfSeven,
  'query(), 7 tables': (dataSource, n) => dataSource.query(JOIN_OF_SEVEN, [n]),
};

const measured = { cases: {}, skewed: {} };
for (const connections of [1, 10]) {
  const sources = { unnamed: await open(connections, undefined), named: await open(connections, {}) };
  for (const [name, query] of Object.entries(CASES)) {
    const spent = { unnamed: nothing(), named: nothing() };
    // The first slices warm up. Both variants take turns: what else runs on the machine slows both.
    for (let slice = 0; slice <= SLICES; slice += 1) {
      for (const variant of shuffled(['unnamed', 'named'])) {
        const part = await run(sources[variant], query, connections);
        if (slice > 0) add(spent[variant], part);
      }
    }
    measured.cases[`${name}, ${connections} connection${connections > 1 ? 's' : ''}`] = spent;
  }
  await Promise.all(Object.values(sources).map((source) => source.destroy()));
}
for (const [variant, options] of [
  ['unnamed', undefined],
  ['named', {}],
  ['named, planGuard: false', { planGuard: false }],
]) {
  const source = await open(1, options);
  const skewed = () =>
    source.query('SELECT id FROM skewed WHERE status = $1 ORDER BY id LIMIT 10', ['failed']);
  for (let n = 0; n < SKEWED_QUERIES; n += 1) await skewed();
  const startedAt = performance.now();
  for (let n = 0; n < SKEWED_QUERIES; n += 1) await skewed();
  measured.skewed[variant] = (performance.now() - startedAt) / SKEWED_QUERIES;
  await source.destroy();
}
process.send(measured);
process.disconnect();

async function open(poolSize, cacheOptions) {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    poolSize,
    entities: [...entitiesOf('integer'), ...entitiesOf('uuid')],
  }).initialize();
  if (cacheOptions !== undefined) {
    const cache = new StatementCache(dataSource, cacheOptions, { log() {}, warn() {} }).install();
    while (cache.getStats().misses === 0) await dataSource.query('SELECT $1::int', [1]);
  }
  return dataSource;
}

function nothing() {
  return { queries: 0, elapsedMs: 0, clientMicros: 0, serverTicks: 0 };
}

function add(sum, part) {
  for (const name of Object.keys(sum)) sum[name] += part[name];
}

/** Queries of one slice, and the CPU time of the application and of the server's processes for its connections. */
async function run(dataSource, query, connections) {
  let queries = 0;
  const ticks = serverTicks(dataSource);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const client = async () => {
    while (performance.now() < startedAt + SLICE_MS) {
      await query(dataSource, 1 + (queries++ % ROWS));
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  return {
    queries,
    elapsedMs,
    clientMicros: user + system,
    serverTicks: serverTicks(dataSource) - ticks,
  };
}

/** User and system time, in hundredths of a second; NaN where the server is elsewhere. */
function serverTicks(dataSource) {
  return dataSource.driver.master._clients
    .map(({ processID }) => {
      try {
        const fields = readFileSync(`/proc/${processID}/stat`, 'utf8').split(') ')[1].split(' ');
        return Number(fields[11]) + Number(fields[12]);
      } catch {
        return Number.NaN;
      }
    })
    .reduce((sum, ticks) => sum + ticks, 0);
}
