// What exemplars add to one observation, in nanoseconds: each case has loops of its own, which V8 optimises by themselves, in one
// process, in random order within each round.
import { median, ROUNDS, shuffled, table } from './rounds.mjs';

const WARM_UP_ROUNDS = 3;
const BASE = 'observe(), as without the option';
const CASES = [
  BASE,
  'the option is off',
  'on, no OpenTelemetry in the process',
  'on, no OpenTelemetry, in a request without traceparent',
  'on, no span is active',
  'on, the active span is not sampled',
  'on, the active span is sampled',
];

const loops = {};
for (const [index, name] of CASES.entries()) {
  const { createLoop } = await import(`./exemplars-loop.mjs?${index}`);
  loops[name] = createLoop(name);
}
const spent = Object.fromEntries(CASES.map((name) => [name, []]));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  for (const name of shuffled(CASES)) {
    const nanoseconds = loops[name]();
    if (round >= 0) {
      spent[name].push(nanoseconds);
    }
  }
}
const base = median(spent[BASE]);
console.log(`\none observation with the look for its trace, ns, ${ROUNDS} rounds in one process`);
console.table(table(spent, (times) => ({ 'added (medians)': (median(times) - base).toFixed(1) })));
