import type { CatalogFamily } from '../catalog/catalog-family.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { RegistryEntry } from '../registry/registry-entry.js';
import { labelProblems, nameProblems } from './lint-rules.js';
import { openSource, type MetricsSource } from './metrics-source.js';

/** Options of `lintMetrics()`. */
export interface LintMetricsOptions {
  /**
   * Metrics that are not checked: full names, or patterns of names.
   *
   * @defaultValue `[]`
   */
  readonly ignore?: readonly (string | RegExp)[] | undefined;
}

/** A problem that `lintMetrics()` reports. */
export interface MetricProblem {
  /** The metric's full name. */
  readonly metric: string;
  /** The problem, and often the remedy: the rest of a sentence that begins with the metric's name. */
  readonly problem: string;
}

/**
 * Returns every violation of Prometheus' conventions in `source`, sorted by metric: a missing HELP text, counters that do not
 * end in `_total` and others that do, units that are abbreviated or not base units, types in names, colons, camelCase,
 * reserved labels.
 *
 * The rules are those of `promtool check metrics` and two more: ratios instead of percentages, and no labels that begin with
 * `__`. Fixed names are not reported: those of this library's contract, and prom-client's `nodejs_active_…_total`. Labels of
 * a metric made with a Prometheus client are checked only if it has a sample.
 *
 * @see https://prometheus.io/docs/practices/naming/
 * @throws `HyperMetricsError` if `source` has no metrics.
 * @example expect(await lintMetrics(app)).toEqual([])
 */
export async function lintMetrics(
  source: MetricsSource,
  { ignore = [] }: LintMetricsOptions = {},
): Promise<readonly MetricProblem[]> {
  const metrics = openSource(source);
  const isIgnored = (name: string): boolean =>
    // Unlike test(), search() ignores `lastIndex` of a global expression.
    ignore.some((rule) => (typeof rule === 'string' ? rule === name : name.search(rule) >= 0));
  return (await metrics.gather())
    .filter(({ descriptor }) => !isIgnored(descriptor.name))
    .flatMap((family) => problemsOf(family, metrics.host.getSingleMetric(family.descriptor.name)))
    .toSorted(byMetricAndProblem);
}

function problemsOf({ descriptor, constantLabels = {} }: FamilySnapshot, metric: unknown): MetricProblem[] {
  const labels = new Set([...descriptor.labelNames, ...Object.keys(constantLabels)]);
  const problems = [
    ...(descriptor.help.trim() === '' ? ['has no help text'] : []),
    ...(isOfContract(metric) || isFixedByClient(descriptor) ? [] : nameProblems(descriptor)),
    ...[...labels].flatMap((label) => labelProblems(label, descriptor.type)),
  ];
  return problems.map((problem) => ({ metric: descriptor.name, problem }));
}

/** Decided by the definition, because a user's own metric may have a name that ends like one of the contract's. */
function isOfContract(metric: unknown): boolean {
  return (
    metric instanceof RegistryEntry && (metric.source.definition as Partial<CatalogFamily>).contract === true
  );
}

/** Three default metrics of prom-client are gauges and end in `_total`; `collectDefaultMetrics()` may prefix them. */
function isFixedByClient({ name, type }: FamilySnapshot['descriptor']): boolean {
  return type === 'gauge' && /(^|[_:])nodejs_active_(handles|requests|resources)_total$/.test(name);
}

function byMetricAndProblem(a: MetricProblem, b: MetricProblem): number {
  return compare(a.metric, b.metric) || compare(a.problem, b.problem);
}

/** Compares by code unit, the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
