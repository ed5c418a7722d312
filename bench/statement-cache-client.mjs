// One round of statement-cache.mjs: `node bench/statement-cache-client.mjs <url>`, answering its parent by IPC.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { StatementCache } from 'nestjs-hyper-metrics';
import { Client, Query } from 'pg';
import { DataSource } from 'typeorm';
import { shuffled } from './rounds.mjs';
import { entitiesOf, idOf, JOIN_OF_SEVEN, joinOfSeven, ROWS, tableOf } from './statement-tables.mjs';

const SLICES = 6;
const SLICE_MS = 100;
const SKEWED_WARM_UP = 200;
const SKEWED_QUERIES = 50;
const [, , url] = process.argv;

const withRelations = (kind) => (dataSource, n) =>
  dataSource.getRepository(tableOf(kind, 'review')).findOne({
    where: { id: idOf(kind, n) },
    relations: { parent: { parent: true } },
    relationLoadStrategy: 'join',
  });

const SMALL = 'findOneBy()';
const CASES = {
  [SMALL]: (dataSource, n) => dataSource.getRepository(tableOf('integer', 'review')).findOneBy({ id: n }),
  'findOne(), 2 relations, integer keys': withRelations('integer'),
  'findOne(), 2 relations, UUIDs': withRelations('uuid'),
  'query builder, 7 tables': joinOfSeven,
  'query(), 7 tables': (dataSource, n) => dataSource.query(JOIN_OF_SEVEN, [n]),
};

const measured = { cases: {}, skewed: {} };
for (const connections of [1, 10]) {
  const sources = {
    unnamed: await open(connections, undefined),
    named: await open(connections, {}),
    bare: await openBare(connections),
  };
  for (const [name, query] of Object.entries(CASES)) {
    const variants = name === SMALL ? ['unnamed', 'named', 'bare'] : ['unnamed', 'named'];
    const spent = Object.fromEntries(variants.map((variant) => [variant, nothing()]));
    // The first slices warm up. The variants take turns: what else runs on the machine slows all of them.
    for (let slice = 0; slice <= SLICES; slice += 1) {
      for (const variant of shuffled(variants)) {
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
  for (let n = 0; n < SKEWED_WARM_UP; n += 1) await skewed();
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

/** Without this library: clients that give each text with values a name, which is all that pg offers. What can be gained at most. */
async function openBare(poolSize) {
  const dataSource = await open(poolSize, undefined);
  const pool = dataSource.driver.master;
  const names = new Map();
  pool.Client = class extends Client {
    query(text, values, callback) {
      if (!Array.isArray(values) || callback !== undefined) return super.query(text, values, callback);
      const name = names.get(text) ?? `bare_${names.size}`;
      names.set(text, name);
      return new Promise((resolve, reject) => {
        const query = new Query(text, values, (error, result) => (error ? reject(error) : resolve(result)));
        query.name = name;
        super.query(query);
      });
    }
  };
  // Those that are open are of pg's own class.
  for (const client of pool._idle.map((idle) => idle.client)) pool._remove(client);
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
