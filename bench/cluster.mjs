// A scrape of four workers with 5,000 series each: by any worker of this library's, and by prom-client's AggregatorRegistry in
// the primary. Each variant is launched afresh in every round; all of its processes share a core.
import { once } from 'node:events';
import { launch, measureInRounds, median, ROUNDS, table } from './rounds.mjs';

const OURS = 'nestjs-hyper-metrics';
const MEASURES = {
  'CPU of the primary, ms': 'primaryMs',
  'CPU of all five processes, ms': 'totalMs',
  'from question to finished text, ms': 'latencyMs',
};

const measured = await measureInRounds([OURS, 'AggregatorRegistry'], async (variant) => {
  const child = launch('cluster-primary.mjs', variant);
  const [message] = await once(child, 'message');
  await once(child, 'exit');
  return message;
});

for (const [measure, key] of Object.entries(MEASURES)) {
  const numbers = Object.fromEntries(
    Object.entries(measured).map(([variant, messages]) => [variant, messages.map((one) => one[key])]),
  );
  const ours = numbers[OURS];
  console.log(`\n${measure} for each scrape, ${ROUNDS} launches`);
  console.table(
    table(numbers, (times) => ({
      'times ours (medians)': (median(times) / median(ours)).toFixed(1),
      'times ours (minima)': (Math.min(...times) / Math.min(...ours)).toFixed(1),
    })),
  );
}
console.log(
  'bytes of a text:',
  Object.fromEntries(Object.entries(measured).map(([name, [one]]) => [name, one.bytes])),
);
process.exit();
