import { AssertionError } from 'node:assert';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { InvalidValueError } from '../core/errors.js';
import { samplesOf } from '../core/samples.js';
import { sampleValue, type SampleLabels } from '../service/sample-value.js';
import { openSource, type MetricsSource } from './metrics-source.js';
import { realDelay, SETTLE_MS } from './real-delay.js';

const DEFAULT_WITHIN_MS = 1000;
const POLL_INTERVAL_MS = 10;
const MAX_LISTED = 20;

/** The sample that `assertMetricDelta()` reads, and its expected change. */
export interface ExpectedMetricDelta {
  /** The sample's full exported name: a counter's or gauge's, or `…_count`, `…_sum`, `…_bucket` of a histogram. */
  readonly name: string;
  /**
   * All labels of the sample, default labels included.
   *
   * @defaultValue `{}`
   */
  readonly labels?: SampleLabels | undefined;
  /** The exact change; negative for a gauge that falls. */
  readonly by: number;
  /**
   * Time in milliseconds for the change to arrive after the action's end. With `by: 0`, the delay before the sample is read.
   *
   * @defaultValue `1000`; with `by: 0`, `30`
   */
  readonly withinMs?: number | undefined;
}

/** All families at one moment, and the value of the expected sample. */
interface Look {
  readonly families: readonly FamilySnapshot[];
  readonly value: number | undefined;
}

/**
 * Runs `action` and asserts that one sample changed by exactly `by`. An absent sample counts as 0.
 *
 * A response is recorded when it has ended, possibly after the client has read it. Therefore the sample is read repeatedly
 * until the change has arrived. A larger change fails at once; changes after the expected one are not noticed. With `by: 0`
 * the sample is read once.
 *
 * @returns the result of the action.
 * @throws `AssertionError` of `node:assert` on another change, with `actual`, `expected` and the existing samples; the
 *   error of the action; `HyperMetricsError` if `source` has no metrics.
 * @example
 * const response = await assertMetricDelta(
 *   app,
 *   { name: 'hyperdjango_http_requests_total', labels: { method: 'GET', status: '404' }, by: 1 },
 *   () => fetch(`${url}/nowhere`),
 * );
 */
export async function assertMetricDelta<Result>(
  source: MetricsSource,
  expected: ExpectedMetricDelta,
  action: () => Result,
): Promise<Awaited<Result>> {
  const { name, labels = {}, by } = expected;
  if (!Number.isFinite(by)) {
    throw new InvalidValueError(`assertMetricDelta() needs a finite number as \`by\` and got ${String(by)}.`);
  }
  const metrics = openSource(source);
  const look = async (): Promise<Look> => {
    const families = await metrics.gather();
    return { families, value: sampleValue(families, name, labels) };
  };
  const before = await look();
  const result = await action();
  const after = await lookUntilChanged(look, before, expected);
  if (change(before, after, by) !== by) {
    throw new AssertionError({
      message: failureMessage(before, after, expected),
      actual: change(before, after, by),
      expected: by,
      // Node appends a difference of its own to messages under the operators it knows.
      operator: 'assertMetricDelta',
      stackStartFn: assertMetricDelta,
    });
  }
  return result;
}

async function lookUntilChanged(
  look: () => Promise<Look>,
  before: Look,
  { by, withinMs }: ExpectedMetricDelta,
): Promise<Look> {
  if (by === 0) {
    await realDelay(withinMs ?? SETTLE_MS);
    return look();
  }
  // Sums the delays instead of reading a clock: tests replace clocks, and a busy machine gets more time.
  for (let waitedMs = 0; ; waitedMs += POLL_INTERVAL_MS) {
    const after = await look();
    const changed = change(before, after, by);
    const hasArrived = by > 0 ? changed >= by : changed <= by;
    if (hasArrived || waitedMs >= (withinMs ?? DEFAULT_WITHIN_MS)) {
      return after;
    }
    await realDelay(POLL_INTERVAL_MS);
  }
}

/** Returns exactly `by` for a change that differs from it by rounding only. */
function change(before: Look, after: Look, by: number): number {
  const from = before.value ?? 0;
  const to = after.value ?? 0;
  const rounding = 16 * Number.EPSILON * Math.max(Math.abs(from), Math.abs(to));
  return Math.abs(to - from - by) <= rounding ? by : to - from;
}

function failureMessage(before: Look, after: Look, { name, labels = {}, by }: ExpectedMetricDelta): string {
  const from = before.value ?? 'absent';
  const to = after.value ?? 'absent';
  return (
    `${sampleText(name, labels)} changed by ${change(before, after, by)} (from ${from} to ${to}), and not by ${by}.\n` +
    describeAlternatives(after.families, name)
  );
}

/** Returns a sample's name and labels in the text format. */
function sampleText(name: string, labels: SampleLabels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(String(value))}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/**
 * Lists alternatives to the sample `name`: the samples of that name; else those of the family of that name; else the names of
 * all metrics.
 */
function describeAlternatives(families: readonly FamilySnapshot[], name: string): string {
  const samples = families
    .filter(({ descriptor }) => name.startsWith(descriptor.name))
    .flatMap((family) => samplesOf(family).map((sample) => ({ ...sample, family: family.descriptor.name })));
  const named = samples.filter((sample) => sample.name === name);
  const listed = named.length > 0 ? named : samples.filter(({ family }) => family === name);
  if (listed.length > 0) {
    return list(
      `Samples of ${name}`,
      listed.map((sample) => `${sampleText(sample.name, sample.labels)} ${sample.value}`),
    );
  }
  const names = families.map(({ descriptor }) => descriptor.name);
  return names.includes(name)
    ? `${name} has no samples.`
    : list(`There is no ${name}. Metrics`, names.toSorted());
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) {
    return `${title}: none.`;
  }
  const left = lines.length - MAX_LISTED;
  return [`${title}:`, ...lines.slice(0, MAX_LISTED), ...(left > 0 ? [`and ${left} more`] : [])].join('\n  ');
}
