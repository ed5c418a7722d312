// Native histograms: what an observation costs beside a classic one, what a scrape of 400 of them in protobuf costs beside
// prom-client's text of 400 classic ones, and the memory of a series. Run with --expose-gc.
import { createRequire } from 'node:module';
import { renderExposition } from '../dist/esm/exposition/render.js';
import { protobufFormat } from '../dist/esm/exposition/protobuf-format.js';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { BUCKETS, labelSets } from './recording-clients.mjs';

const client = createRequire(import.meta.url)('prom-client');
const SERIES = 400;
const SAMPLES = 400_000;
const SCRAPES = 10;
const ROUNDS = 9;
const LABEL_NAMES = ['method', 'route', 'status'];
const sets = labelSets(SERIES);
/** From 0.3 ms to 1 s, as durations are. */
const values = Float64Array.from({ length: 4096 }, () =>
  Math.exp(-4 + 1.2 * Array.from({ length: 6 }, Math.random).reduce((sum, one) => sum + one, -3)),
);
const HISTOGRAM = { name: 'work_seconds', help: 'Work.', labelNames: LABEL_NAMES, buckets: BUCKETS };

function familyOf(native) {
  const lease = new RegistryLease(registryOf(new client.Registry(), 'bench_'));
  return { lease, family: lease.customFamily({ ...HISTOGRAM, type: 'histogram', native }) };
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1];

async function microseconds(scrape) {
  const startedAt = performance.now();
  for (let index = 0; index < SCRAPES; index += 1) await scrape();
  return ((performance.now() - startedAt) * 1000) / SCRAPES;
}

const heap = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const before = heap();
const classic = familyOf(false);
const classicChildren = sets.map((set) => classic.family.labels(set));
classicChildren.forEach((child) => values.forEach((value) => child.observe(value)));
const between = heap();
const native = familyOf(true);
const nativeChildren = sets.map((set) => native.family.labels(set));
nativeChildren.forEach((child) => values.forEach((value) => child.observe(value)));
const after = heap();

const registry = new client.Registry();
const theirs = new client.Histogram({ ...HISTOGRAM, registers: [registry] });
sets.forEach((set) => values.subarray(0, 100).forEach((value) => theirs.observe(set, value)));

const scrapeNative = async () => renderExposition(protobufFormat, await native.lease.gather());

/** Written twice, so that V8 optimises each by itself. */
function recordClassic() {
  const startedAt = performance.now();
  for (let index = 0; index < SAMPLES; index += 1) {
    classicChildren[(index * 7) % SERIES].observe(values[index & 4095]);
  }
  return ((performance.now() - startedAt) * 1e6) / SAMPLES;
}

function recordNative() {
  const startedAt = performance.now();
  for (let index = 0; index < SAMPLES; index += 1) {
    nativeChildren[(index * 7) % SERIES].observe(values[index & 4095]);
  }
  return ((performance.now() - startedAt) * 1e6) / SAMPLES;
}

const times = { classic: [], native: [], text: [], protobuf: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  times.classic.push(recordClassic());
  times.native.push(recordNative());
  times.text.push(await microseconds(() => registry.metrics()));
  times.protobuf.push(await microseconds(scrapeNative));
}
const [one, two, three, four] = ['classic', 'native', 'text', 'protobuf'].map((name) => median(times[name]));
const buckets = native.family.snapshot().native.positive.starts.at(-1) / SERIES;
console.log(
  `observe: classic ${one.toFixed(1)} ns, with native buckets ${two.toFixed(1)} ns: ${(two / one).toFixed(2)} ×`,
);
console.log(
  `scrape of ${SERIES}: prom-client's text of classic ones ${three.toFixed(0)} µs, protobuf of classic and native buckets ` +
    `(${buckets.toFixed(0)} each) ${four.toFixed(0)} µs: ${(three / four).toFixed(1)} × as fast`,
);
console.log(
  `memory of a series: classic ${Math.round((between - before) / SERIES)} bytes, ` +
    `with native buckets ${Math.round((after - between) / SERIES)} bytes`,
);
