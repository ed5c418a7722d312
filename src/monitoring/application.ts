import { DEFAULT_PREFIX } from '../catalog/metric-name.js';
import { UPTIME_SECONDS } from '../catalog/process.catalog.js';
import { METRICS_COLLECTOR_ERRORS_TOTAL } from '../catalog/scrape.catalog.js';
import { SLO_LATENCY_THRESHOLD_SECONDS } from '../catalog/slo.catalog.js';
import { HyperMetricsError } from '../core/errors.js';
import { type Expression, samplesOf } from './expression.js';

/** What dashboards and rules have to know of an application. */
export interface MonitoredApplication {
  /**
   * The option `prefix` of the module.
   *
   * @defaultValue `'hyperdjango_'`
   */
  readonly prefix?: string | undefined;
  /**
   * The label `job` of the application's series: dashboards and rules read no others.
   *
   * @defaultValue none: every job
   */
  readonly job?: string | undefined;
  /**
   * Full names of the families that the application exports. What reads another one is left out. {@link describeApplication} finds
   * them.
   *
   * @defaultValue every family of this library and of prom-client's runtime metrics
   */
  readonly families?: readonly string[] | undefined;
  /**
   * Upper bounds of `http_request_duration_seconds`, without `+Inf`.
   *
   * @defaultValue those of the option `http.buckets`
   */
  readonly httpBuckets?: readonly number[] | undefined;
  /**
   * Duration in seconds from which on panels show requests as slow. {@link describeApplication} takes it from `slo.latency`.
   *
   * @defaultValue 1
   */
  readonly slowRequestSeconds?: number | undefined;
  /**
   * Whether panels, rules and alerts read native histograms, and classic ones where there are none: for applications with the option
   * `nativeHistograms`. An exposition in text does not tell. Prometheus has to be 2.40 or newer, whether or not it stores native
   * histograms.
   *
   * @defaultValue `false`: classic histograms only
   */
  readonly nativeHistograms?: boolean | undefined;
  /**
   * Address of the folder with this library's pages, such as a copy of them: links of panels, and `runbook_url` of alerts.
   *
   * @defaultValue none: neither links nor `runbook_url`
   */
  readonly documentation?: string | undefined;
}

/** The exposition is not one of this library, or not with this prefix. */
export class UnknownExpositionError extends HyperMetricsError {}

/**
 * Describes the application that answered a scrape, in Prometheus' text format or in OpenMetrics. Without a prefix it has that of the
 * exposition, if the exposition has one only.
 *
 * @throws {@link UnknownExpositionError} if the text has no families with the prefix
 */
export function describeApplication(
  exposition: string,
  known: Omit<MonitoredApplication, 'families' | 'httpBuckets' | 'slowRequestSeconds'> = {},
): MonitoredApplication {
  const families = familiesOf(exposition);
  if (families.length === 0) {
    throw new UnknownExpositionError(
      `This is no exposition of metrics: no line begins with "# TYPE". It begins with ${JSON.stringify(exposition.slice(0, 60))}.`,
    );
  }
  const found = prefixesOf(families);
  const prefix = known.prefix ?? (found.length === 1 ? found[0] : undefined) ?? DEFAULT_PREFIX;
  if (!families.includes(prefix + UPTIME_SECONDS.name)) {
    throw new UnknownExpositionError(
      found.length === 0
        ? 'The exposition has no metrics of nestjs-hyper-metrics.'
        : `The exposition has no metrics with the prefix ${prefix}, but with ${found.join(' and ')}. Set the prefix (--prefix ${found[0]}).`,
    );
  }
  const bounds = exposition.matchAll(
    new RegExp(`^${prefix}http_request_duration_seconds_bucket\\{(?:[^}]*,)?le="([\\d.e+-]+)"`, 'gm'),
  );
  const httpBuckets = [...new Set([...bounds].map(([, bound]) => Number(bound)))];
  const threshold = new RegExp(
    `^${prefix}${SLO_LATENCY_THRESHOLD_SECONDS.name}(?:\\{[^}]*\\})? ([\\d.e+-]+)`,
    'm',
  ).exec(exposition)?.[1];
  return {
    ...known,
    prefix,
    families,
    ...(httpBuckets.length > 0 ? { httpBuckets } : {}),
    ...(threshold === undefined ? {} : { slowRequestSeconds: Number(threshold) }),
  };
}

/** The last line of OpenMetrics, in which the family of a counter has the name of its samples without `_total`. */
const OPEN_METRICS = /^# EOF\s*$/m;

/** Names of families as Prometheus' text format has them. */
function familiesOf(exposition: string): string[] {
  const types = [...exposition.matchAll(/^# TYPE (\S+) (\w+)/gm)];
  const isOpenMetrics = OPEN_METRICS.test(exposition);
  return types.map(([, name = '', type]) =>
    isOpenMetrics && type === 'counter' && !name.endsWith('_total') ? `${name}_total` : name,
  );
}

/** The prefixes of the applications that an exposition is of. */
function prefixesOf(families: readonly string[]): string[] {
  return families
    .filter((name) => name.endsWith(UPTIME_SECONDS.name))
    .map((name) => name.slice(0, -UPTIME_SECONDS.name.length))
    .filter((prefix) => families.includes(prefix + METRICS_COLLECTOR_ERRORS_TOTAL.name));
}

/** Whether an application exports everything that an expression reads. `up` and what else begins with it are Prometheus' own. */
export function exportsAll(
  { prefix = DEFAULT_PREFIX, families }: MonitoredApplication,
  expression: Expression,
): boolean {
  const read = samplesOf(expression);
  return (
    families === undefined ||
    (read.families.every((name) => families.includes(prefix + name)) &&
      read.others.every(
        (name) =>
          isOfPrometheus(name) ||
          families.includes(name) ||
          families.includes(name.replace(/_(bucket|sum|count)$/, '')),
      ))
  );
}

/** Added to each target by Prometheus itself. */
function isOfPrometheus(name: string): boolean {
  return name === 'up' || name.startsWith('scrape_');
}

/** The address of a page; undefined if the pages have none. */
export function pageAddress({ documentation }: MonitoredApplication, page: string): string | undefined {
  return documentation === undefined ? undefined : `${documentation.replace(/\/$/, '')}/${page}`;
}

/**
 * Replaces links between pages, for places from which they lead nowhere. The name of a page becomes its address, or says where the page
 * is; other words stay.
 */
export function withoutLinks(text: string, application: MonitoredApplication): string {
  return text.replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words: string, page: string) =>
    words.endsWith('.md')
      ? (pageAddress(application, page) ?? `docs/${words} of nestjs-hyper-metrics`)
      : words,
  );
}

/** The label matcher of the application's job; none if it has no name. */
export function jobMatchers({ job }: MonitoredApplication): readonly string[] {
  return job === undefined ? [] : [`job=${JSON.stringify(job)}`];
}
