// `collect()` of 400 histograms as a string, against prom-client's `metrics()`: the first one of a process, and those that follow,
// in alternating pairs. A ratio for each pair, its median for each launch.
import { once } from 'node:events';
import { launch, median, ROUNDS, table } from './rounds.mjs';

const OURS = 'nestjs-hyper-metrics';
const PEER = 'prom-client';

const firsts = { [OURS]: [], [PEER]: [] };
const ratios = [];
for (let round = 0; round < ROUNDS; round += 1) {
  for (const first of round % 2 === 0 ? [OURS, PEER] : [PEER, OURS]) {
    const child = launch('collect-client.mjs', PEER, first);
    const [{ firstMs, ratio }] = await once(child, 'message');
    await once(child, 'exit');
    firsts[first].push(firstMs);
    ratios.push(ratio);
  }
}

console.log(`\nfirst collect of a process, ms, ${ROUNDS} launches each`);
console.table(table(firsts));
console.log(`\n${PEER} / ours, ${ROUNDS} launches each`);
console.table(
  table({
    'first collect': firsts[PEER].map((ms, round) => ms / firsts[OURS][round]),
    'further collects, medians of pairs': ratios,
  }),
);
console.log(`first collect, ratio of medians: ${(median(firsts[PEER]) / median(firsts[OURS])).toFixed(1)}`);
process.exit();
