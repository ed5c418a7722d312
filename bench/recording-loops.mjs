// The measured loops of one client. Imported once for each, under different URLs, so that V8 optimises the calls of each
// by itself; shared loops would cost every client the same, and hide how they differ.
import { labelSets } from './recording-clients.mjs';

const SERIES = 400;
const SAMPLES = 200_000;

const sets = labelSets(SERIES);
const values = Float64Array.from({ length: 1024 }, (_, index) => ((index * 7919) % 1024) / 3400);

/** What takes how many nanoseconds, by what it is. */
export async function loopsOf(create) {
  const client = await create();
  const histograms = sets.map((labels) => client.keepHistogram(labels));
  const counters = sets.map((labels) => client.keepCounter(labels));
  const scraped = await create();
  sets.forEach((labels) => scraped.observe(labels, 0.2));
  return {
    'histogram, labels object': () => {
      const startedAt = performance.now();
      for (let index = 0; index < SAMPLES; index += 1) {
        client.observe(sets[index % SERIES], values[index & 1023]);
      }
      return nanosecondsPer(SAMPLES, startedAt);
    },
    'histogram, kept child': () => {
      const startedAt = performance.now();
      for (let index = 0; index < SAMPLES; index += 1) {
        histograms[index % SERIES].observe(values[index & 1023]);
      }
      return nanosecondsPer(SAMPLES, startedAt);
    },
    'counter, labels object': () => {
      const startedAt = performance.now();
      for (let index = 0; index < SAMPLES; index += 1) {
        client.increase(sets[index % SERIES]);
      }
      return nanosecondsPer(SAMPLES, startedAt);
    },
    'counter, kept child': () => {
      const startedAt = performance.now();
      for (let index = 0; index < SAMPLES; index += 1) {
        counters[index % SERIES].inc();
      }
      return nanosecondsPer(SAMPLES, startedAt);
    },
    'scrape of 400 histograms of 12 buckets': async () => {
      const startedAt = performance.now();
      for (let scrape = 0; scrape < SCRAPES; scrape += 1) {
        await scraped.scrape();
      }
      return nanosecondsPer(SCRAPES, startedAt);
    },
  };
}

const SCRAPES = 20;

function nanosecondsPer(times, startedAt) {
  return ((performance.now() - startedAt) * 1e6) / times;
}
