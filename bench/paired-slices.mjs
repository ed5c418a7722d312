// Paired slices: the measurement of a benchmark that other work on the machine cannot mislead.
//
// Launches of one program differ by a quarter for life, and the machine drifts. Two variants that live in one launch
// and take turns in short slices share both, so their ratio within a pair of slices is steady. A benchmark
// takes the median of the pairs of a launch, then median and range over at least nine launches (`ROUNDS`).
import { cpus, loadavg } from 'node:os';
import { maximum, median, minimum, shuffled } from './rounds.mjs';

/** Within 20 ms the machine hardly drifts. In slices of 150 ms, equal variants had ratios from 0.88 to 1.17. */
export const SLICE_MS = Number(process.env.SLICE_MS ?? 20);

/** Pairs at the start of a launch that only warm up. */
const WARM_UP_PAIRS = Number(process.env.WARM_UP_PAIRS ?? 4);

/**
 * Returns the figures of one launch, each the median of its pairs:
 *
 * - `baseMicros`: CPU time of a unit of work (a request, a query) of the first variant
 * - `addedMicros`: what the second one adds to it
 * - `ratio`: the CPU time of the second one, divided by that of the first
 * - `throughput`: the units of work in a second of the second one, divided by those of the first
 *
 * @param variants the bare variant, and the one to compare with it.
 * @param run runs one slice of `sliceMs` and resolves to `{ work, cpuMicros, elapsedMs }`: the units of work that
 *   were done, the CPU time of the measured process, and how long the slice took.
 */
export async function pairedSlices({ variants, run, pairs }) {
  const measured = [];
  for (let pair = -WARM_UP_PAIRS; pair < pairs; pair += 1) {
    const slices = new Map();
    for (const place of shuffled([0, 1])) {
      slices.set(place, await run(variants[place], SLICE_MS));
    }
    if (pair >= 0) measured.push(comparison(slices.get(0), slices.get(1)));
  }
  if (measured.some(({ ratio }) => !Number.isFinite(ratio))) {
    throw new Error(`A slice of ${SLICE_MS} ms did no work: set SLICE_MS to more.`);
  }
  return eachFigure(measured, median);
}

/** Returns median and range of each figure: `{ ratio: { median, min, max }, … }`. */
export function overLaunches(launches) {
  return eachFigure(launches, (figures) => ({
    median: median(figures),
    min: minimum(figures),
    max: maximum(figures),
  }));
}

/** The bare variant and one to compare with it: in one process, or in two. */
export const ONE = 'one process';
export const TWO = 'two processes';

/**
 * Returns the figures of one launch. In one process, where the second application may be slower than the first for life, each of the
 * two is the first one in half of the pairs.
 *
 * @param measure measures so many pairs: `(processes, pair, pairs)`, where `processes` lists the variants `{ variant }` of each process
 *   in their order, and `pair` has the bare one and the other one. Resolves to figures of {@link pairedSlices}, by case
 */
export async function inBothOrders(variant, arrangement, pairs, measure) {
  const base = { variant: 'bare' };
  const compared = { variant };
  const orders =
    arrangement === TWO ? [[[base], [compared]]] : shuffled([[[base, compared]], [[compared, base]]]);
  const measured = [];
  for (const processes of orders) {
    measured.push(await measure(processes, [base, compared], Math.ceil(pairs / orders.length)));
  }
  return Object.fromEntries(
    Object.keys(measured[0]).map((name) => [
      name,
      eachFigure(
        measured.map((cases) => cases[name]),
        mean,
      ),
    ]),
  );
}

/** Returns median and range as a cell of a table: `1.05 (1.03–1.07)`. */
export function cell({ median: middle, min, max }, digits) {
  return `${middle.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Returns a line about the machine: what a reader needs to judge the figures. */
export function machine() {
  const load = loadavg().map((average) => average.toFixed(1));
  return `Node ${process.versions.node}, ${cpus().length} cores, load average ${load.join(', ')}`;
}

function mean(figures) {
  return figures.reduce((sum, figure) => sum + figure) / figures.length;
}

function comparison(base, other) {
  const baseMicros = base.cpuMicros / base.work;
  const otherMicros = other.cpuMicros / other.work;
  return {
    baseMicros,
    addedMicros: otherMicros - baseMicros,
    ratio: otherMicros / baseMicros,
    throughput: other.work / other.elapsedMs / (base.work / base.elapsedMs),
  };
}

function eachFigure(list, summary) {
  return Object.fromEntries(
    Object.keys(list[0]).map((name) => [name, summary(list.map((one) => one[name]))]),
  );
}
