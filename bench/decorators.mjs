// What the decorators cost per call, next to timers written by hand, with this library and with prom-client.
//
// Every variant is launched afresh in every round, in random order, pinned to one core where `taskset` can do that.
import { once } from 'node:events';
import { launch, maximum, measureInRounds, median, minimum, ROUNDS } from './rounds.mjs';

/** The methods of `decorated-variants.mjs`. */
const METHODS = ['sync', 'async', 'promise'];
const VARIANTS = [
  'undecorated',
  'timed',
  'timed, enabled: false',
  'timed, no application',
  'counted',
  'in flight',
  'all three',
  'all three, enabled: false',
  'kept child',
  'kept child, around',
  'prom-client',
  'prom-client, kept child',
];

/** Of what to what, and what we ask of it. */
const RATIOS = [
  ['timed', 'kept child', 'at most 2 for async'],
  ['timed', 'kept child, around', ''],
  ['prom-client', 'timed', 'at least 3'],
  ['prom-client, kept child', 'timed', ''],
  ['timed, enabled: false', 'undecorated', 'within noise'],
];

async function measure(variant, method) {
  const child = launch('decorated-class.mjs', variant, method);
  const exited = once(child, 'exit');
  const [{ nanoseconds }] = await once(child, 'message');
  await exited;
  return nanoseconds;
}

const all = METHODS.flatMap((method) => VARIANTS.map((variant) => `${variant}/${method}`));
const times = await measureInRounds(all, (key) => measure(...key.split('/')));

for (const method of METHODS) {
  const of = (variant) => times[`${variant}/${method}`];
  const costBy = (statistic, variant) => statistic(of(variant)) - statistic(of('undecorated'));
  const ratio = (statistic, a, b) => (statistic(of(a)) / statistic(of(b))).toFixed(2);
  const costRatio = (statistic, a, b) => (costBy(statistic, a) / costBy(statistic, b)).toFixed(2);

  console.log(`\n${method} no-op, ${ROUNDS} rounds, CPU ns per call; cost: without the undecorated call`);
  console.table(
    Object.fromEntries(
      VARIANTS.map((variant) => [
        variant,
        {
          median: median(of(variant)).toFixed(1),
          min: minimum(of(variant)).toFixed(1),
          max: maximum(of(variant)).toFixed(1),
          'cost by medians': costBy(median, variant).toFixed(1),
          'cost by minima': costBy(minimum, variant).toFixed(1),
        },
      ]),
    ),
  );
  console.table(
    Object.fromEntries(
      RATIOS.map(([a, b, aim]) => [
        `${a} : ${b}`,
        {
          'totals by medians': ratio(median, a, b),
          'totals by minima': ratio(minimum, a, b),
          ...(b !== 'undecorated' && {
            'costs by medians': costRatio(median, a, b),
            'costs by minima': costRatio(minimum, a, b),
          }),
          aim,
        },
      ]),
    ),
  );
}
