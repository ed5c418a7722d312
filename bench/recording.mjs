// What recording a sample and a scrape of 400 histograms cost, in nanoseconds, against other clients: all in one process,
// in random order within each round, so that a noisy moment hits all of them.
import { median, ROUNDS, shuffled, table } from './rounds.mjs';
import { CLIENTS } from './recording-clients.mjs';

const OURS = 'nestjs-hyper-metrics';
const WARM_UP_ROUNDS = 2;

const loops = {};
for (const [name, create] of Object.entries(CLIENTS)) {
  const { loopsOf } = await import(`./recording-loops.mjs?${encodeURIComponent(name)}`);
  loops[name] = await loopsOf(create);
}
const cases = Object.keys(loops[OURS]);

const spent = Object.fromEntries(cases.map((one) => [one, {}]));
const pairs = cases.flatMap((one) => Object.keys(loops).map((client) => [one, client]));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  for (const [one, client] of shuffled(pairs)) {
    const nanoseconds = await loops[client][one]();
    if (round >= 0) {
      (spent[one][client] ??= []).push(nanoseconds);
    }
  }
}

for (const one of cases) {
  const ours = median(spent[one][OURS]);
  console.log(`\n${one}, ns, ${ROUNDS} rounds in one process`);
  console.table(
    table(spent[one], (times) => ({ 'times ours (medians)': (median(times) / ours).toFixed(1) })),
  );
}
process.exit();
