// What a real Prometheus needs for many instances: node bench/many-instances.mjs [instances] [seconds]
// One bookshop is scraped after 5,000 requests and a few times more; a small server then answers for all instances.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../sample/dist/common/free-port.js';
import { poll } from '../sample/dist/common/poll.js';
import { Traffic } from '../sample/dist/traffic/traffic.js';

const INSTANCES = Number(process.argv[2] ?? 1_000);
const SECONDS = Number(process.argv[3] ?? 120);
const INTERVAL_SECONDS = 15;
const START = { timeoutMs: 60_000, intervalMs: 100 };

const bodies = await recordScrapes();
const { server, port } = await serve(bodies);
const path = mkdtempSync(`${tmpdir()}/hyper-metrics-instances-`);
const address = `127.0.0.1:${await findFreePort()}`;
writeFileSync(
  `${path}/targets.json`,
  JSON.stringify(
    Array.from({ length: INSTANCES }, (_, index) => ({
      targets: [`127.0.0.1:${port}`],
      labels: { instance: `shop-${index}.internal:9464` },
    })),
  ),
);
writeFileSync(
  `${path}/prometheus.yml`,
  `global: { scrape_interval: ${INTERVAL_SECONDS}s, evaluation_interval: ${INTERVAL_SECONDS}s }
rule_files: ['${fileURLToPath(new URL('../docs/prometheus/rules.yml', import.meta.url))}']
scrape_configs: [{ job_name: bookshop, file_sd_configs: [{ files: ['targets.json'] }] }]
`,
);
const prometheus = spawn(
  'prometheus',
  [
    `--config.file=${path}/prometheus.yml`,
    `--storage.tsdb.path=${path}/data`,
    `--web.listen-address=${address}`,
  ],
  { stdio: 'ignore' },
);
try {
  await poll(
    () =>
      fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    START,
  );
  await delay(4 * INTERVAL_SECONDS * 1000);
  const before = await ownMetrics();
  await delay(SECONDS * 1000);
  const after = await ownMetrics();
  const series = after('prometheus_tsdb_head_series');
  const memory = after('process_resident_memory_bytes');
  const cpu = (after('process_cpu_seconds_total') - before('process_cpu_seconds_total')) / SECONDS;
  const [up] = await query('sum(up)');
  const [rules] = await query('max(job:scrape_samples_scraped:sum)');
  console.log(`${up} of ${INSTANCES} instances up, ${rules} samples in a scrape of all, ${series} series`);
  console.log(
    `memory: ${(memory / 2 ** 30).toFixed(2)} GiB, ${Math.round(memory / series)} bytes for each series`,
  );
  console.log(`CPU: ${cpu.toFixed(2)} cores`);
} finally {
  prometheus.kill('SIGTERM');
  if (prometheus.exitCode === null) await once(prometheus, 'exit');
  server.close();
  server.closeAllConnections();
  rmSync(path, { recursive: true, force: true });
}

/** With values that change from one to the next as they would. */
async function recordScrapes() {
  const shopPort = await findFreePort();
  const shop = spawn(process.execPath, [fileURLToPath(new URL('../sample/dist/start.js', import.meta.url))], {
    env: { ...process.env, DATABASE_URL: '', TRAFFIC: 'off', PORT: String(shopPort) },
    stdio: 'ignore',
  });
  try {
    const baseUrl = `http://127.0.0.1:${shopPort}`;
    const scrape = () => fetch(`${baseUrl}/metrics`).then((response) => response.text());
    await poll(
      () =>
        scrape().then(
          () => true,
          () => false,
        ),
      START,
    );
    await new Traffic({ baseUrl, totalRequests: 5_000, concurrency: 10 }).ended;
    const scrapes = [];
    for (let count = 0; count < 8; count += 1) {
      await new Traffic({ baseUrl, totalRequests: 200, concurrency: 10, seed: count }).ended;
      scrapes.push(await scrape());
    }
    return scrapes;
  } finally {
    shop.kill('SIGINT');
    if (shop.exitCode === null) await once(shop, 'exit');
  }
}

async function serve(scrapes) {
  const startedAtMs = Date.now();
  const answering = createServer((_, response) => {
    const turn = Math.floor((Date.now() - startedAtMs) / (INTERVAL_SECONDS * 1000)) % scrapes.length;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(scrapes[turn]);
  });
  await new Promise((resolve) => answering.listen(0, '127.0.0.1', resolve));
  return { server: answering, port: answering.address().port };
}

async function ownMetrics() {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

async function query(expr) {
  const parameters = new URLSearchParams({ query: expr });
  const { data } = await (await fetch(`http://${address}/api/v1/query?${parameters}`)).json();
  return data.result.map(({ value }) => Number(value[1]));
}
