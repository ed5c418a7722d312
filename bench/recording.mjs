// What recording a sample and a scrape of 400 series cost, in nanoseconds and milliseconds, against other clients: all in
// one process, in random order within each round, so that a noisy moment hits all of them.
import { median, ROUNDS, shuffled, table } from './rounds.mjs';
import { CLIENTS, labelSets } from './recording-clients.mjs';

const SERIES = 400;
const SAMPLES = 200_000;
const OURS = 'nestjs-hyper-metrics';

const sets = labelSets(SERIES);
const values = Float64Array.from({ length: 1024 }, () => Math.random() * 0.3);
const clients = {};
for (const [name, create] of Object.entries(CLIENTS)) {
  const client = await create();
  const histograms = sets.map((labels) => client.keepHistogram(labels));
  const counters = sets.map((labels) => client.keepCounter(labels));
  clients[name] = {
    'histogram, labels object': () =>
      loop((index) => client.observe(sets[index % SERIES], values[index & 1023])),
    'histogram, kept child': () => loop((index) => histograms[index % SERIES].observe(values[index & 1023])),
    'counter, labels object': () => loop((index) => client.increase(sets[index % SERIES])),
    'counter, kept child': () => loop((index) => counters[index % SERIES].inc()),
    'scrape of 400 + 400 series': async () => {
      const startedAt = performance.now();
      await client.scrape();
      return (performance.now() - startedAt) * 1e6;
    },
  };
}
const CASES = Object.keys(clients[OURS]);

function loop(record) {
  const startedAt = performance.now();
  for (let index = 0; index < SAMPLES; index += 1) {
    record(index);
  }
  return ((performance.now() - startedAt) * 1e6) / SAMPLES;
}

const spent = {};
const pairs = CASES.flatMap((one) => Object.keys(clients).map((client) => [one, client]));
for (let round = -1; round < ROUNDS; round += 1) {
  for (const [one, client] of shuffled(pairs)) {
    const nanoseconds = await clients[client][one]();
    if (round >= 0) {
      ((spent[one] ??= {})[client] ??= []).push(nanoseconds);
    }
  }
}

for (const one of CASES) {
  const ours = median(spent[one][OURS]);
  console.log(`\n${one}, ns, ${ROUNDS} rounds in one process`);
  console.table(
    table(spent[one], (times) => ({ 'times ours (medians)': (median(times) / ours).toFixed(1) })),
  );
}
process.exit();
