import { HTTP_DURATION_BUCKETS_SECONDS } from '../../catalog/http.catalog.js';
import { DEFAULT_PREFIX } from '../../catalog/metric-name.js';
import {
  exportsAll,
  jobMatchers,
  type MonitoredApplication,
  pageAddress,
  withoutLinks,
} from '../application.js';
import { writeExpression, writeProse } from '../expression.js';
import { readHistograms } from '../native-histograms.js';
import { DATABASE_ALERTS } from './database.alerts.js';
import { METRICS_ALERTS, QUERIES_ALERTS } from './metrics.alerts.js';
import { RECORDING_GROUPS } from './recording.rules.js';
import { SCHEDULE_ALERTS } from './schedule.alerts.js';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.interface.js';
import { serviceAlerts } from './service.alerts.js';
import { SLO_ALERTS, SLO_GROUP } from './slo.rules.js';

/** A rule as Prometheus' files of rules have it. */
export type PrometheusRule =
  | {
      readonly record: string;
      readonly expr: string;
      readonly labels?: Readonly<Record<string, string>>;
    }
  | {
      readonly alert: string;
      readonly expr: string;
      readonly for: string;
      readonly labels: { readonly severity: string };
      readonly annotations: {
        readonly summary: string;
        readonly description: string;
        /** What to look at, and what to do. */
        readonly remedy: string;
        /** With {@link MonitoredApplication.documentation} only. */
        readonly runbook_url?: string;
      };
    };

/** The content of a file of rules. */
export type PrometheusRules = {
  readonly groups: readonly { readonly name: string; readonly rules: readonly PrometheusRule[] }[];
};

/** Every alert by group, in the order of the page of alerts. */
export function alertGroups({
  httpBuckets = HTTP_DURATION_BUCKETS_SECONDS,
}: MonitoredApplication = {}): readonly RuleGroup<AlertRule>[] {
  return [
    { name: 'service', rules: serviceAlerts(httpBuckets) },
    { name: 'database-alerts', rules: DATABASE_ALERTS },
    { name: 'queries', rules: QUERIES_ALERTS },
    { name: 'schedules', rules: SCHEDULE_ALERTS },
    { name: 'metrics', rules: METRICS_ALERTS },
    { name: 'slo-alerts', rules: SLO_ALERTS },
  ];
}

/**
 * Recording rules and alerts for Prometheus, for what the application exports. Written with {@link toYaml}, or as JSON, they are a file
 * for `rule_files`.
 */
export function prometheusRules(application: MonitoredApplication = {}): PrometheusRules {
  const all: readonly RuleGroup[] = [...RECORDING_GROUPS, SLO_GROUP, ...alertGroups(application)];
  const recorded = new Set<string>();
  const groups = all.map(({ name, rules }) => ({
    name,
    rules: rules
      .filter((rule) => isUsable(rule, recorded, application))
      .map((rule) => write(rule, application)),
  }));
  return { groups: groups.filter(({ rules }) => rules.length > 0) };
}

/** Whether the application has what a rule reads, its job included, and the rules before it have recorded the rest. */
function isUsable(
  rule: RecordingRule | AlertRule,
  recorded: Set<string>,
  application: MonitoredApplication,
): boolean {
  const reads = rule.expr.match(/\bjob\w*:[\w:#]+/g) ?? [];
  const hasJob = application.job !== undefined || !('needsJob' in rule);
  const usable = hasJob && exportsAll(application, rule.expr) && reads.every((name) => recorded.has(name));
  if (usable && 'record' in rule) recorded.add(rule.record);
  return usable;
}

function write(rule: RecordingRule | AlertRule, application: MonitoredApplication): PrometheusRule {
  const { prefix = DEFAULT_PREFIX } = application;
  const expr = writeExpression(readHistograms(rule, application), {
    prefix,
    matchers: jobMatchers(application),
  });
  if ('record' in rule) {
    const { labels } = rule;
    return { record: writeExpression(rule.record, { prefix }), ...(labels && { labels }), expr };
  }
  const { alert, for: duration, severity, summary, description, remedy } = rule;
  const runbook = pageAddress(application, `alerts.md#${alert.toLowerCase()}`);
  return {
    alert,
    expr,
    for: duration,
    labels: { severity },
    annotations: {
      summary,
      description: writeProse(description, prefix),
      // Notifications show Markdown as it is.
      remedy: withoutLinks(
        writeProse(readHistograms({ expr: remedy }, application), prefix),
        application,
      ).replaceAll('**', ''),
      ...(runbook !== undefined && { runbook_url: runbook }),
    },
  };
}
