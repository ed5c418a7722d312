// A scrape of 100,000 counters and 10,000 histograms, and the memory of a histogram, against other clients: each in a
// process of its own, launched afresh in every round.
import { once } from 'node:events';
import { launch, measureInRounds, median, ROUNDS, table } from './rounds.mjs';
import { CLIENTS } from './recording-clients.mjs';

const OURS = 'nestjs-hyper-metrics';
const MEASURES = {
  'longest stall of the event loop, ms': ({ longestStallMs }) => longestStallMs,
  'total, ms': ({ totalMs }) => totalMs,
  'memory of a histogram of 12 buckets, bytes': ({ bytesPerHistogram }) => bytesPerHistogram,
};

const PEER = 'prom-client';

const measured = await measureInRounds(Object.keys(CLIENTS), async (client) => {
  const child = launch('large-scrape-client.mjs', client);
  const [message] = await once(child, 'message');
  await once(child, 'exit');
  return message;
});

for (const [measure, read] of Object.entries(MEASURES)) {
  const numbers = Object.fromEntries(
    Object.entries(measured).map(([client, messages]) => [client, messages.map(read)]),
  );
  const ours = median(numbers[OURS]);
  console.log(`\n${measure}, ${ROUNDS} launches`);
  console.table(table(numbers, (times) => ({ 'times ours (medians)': (median(times) / ours).toFixed(1) })));
}
const stalls = (client) => measured[client].map(({ longestStallMs }) => longestStallMs);
console.log(`\nlongest stall, ${PEER} / ours, by launches of one round`);
console.table(table({ ratio: stalls(PEER).map((ms, round) => ms / stalls(OURS)[round]) }));
process.exit();
