import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import { type MonitoredApplication, prometheusRules, toYaml } from '../../src/monitoring.js';
import { promtool, type PromtoolAnswer } from './deployment-files.js';

/** Values by series, in the notation of promtool. */
export type InputSeries = Readonly<Record<string, string>>;

export interface RuleTest {
  /** Time between two samples. */
  readonly interval: string;
  readonly series: InputSeries;
  /** What a query answers at a time: values by labels. */
  readonly expected: readonly {
    readonly expr: string;
    readonly at: string;
    readonly samples: Readonly<Record<string, number>>;
  }[];
  readonly evaluationInterval?: string;
  readonly application?: MonitoredApplication;
}

/** Names of the alerts that fire. */
export const FIRING = 'group by (alertname) (ALERTS{alertstate="firing"})';

/** What `expected` has for these alerts. */
export function firing(alerts: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(alerts.map((alert) => [`{alertname="${alert}"}`, 1]));
}

/** Promtool's verdict about the generated rules, given these series. */
export function testRules({
  interval,
  series,
  expected,
  evaluationInterval = interval,
  application = {},
}: RuleTest): PromtoolAnswer {
  const path = mkdtempSync(`${tmpdir()}/hyper-metrics-rules-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const rules = prometheusRules(application);
  writeFileSync(`${path}/rules.yml`, toYaml(rules));
  const test = {
    rule_files: ['rules.yml'],
    evaluation_interval: evaluationInterval,
    // Otherwise promtool evaluates groups in a random order, and alerts may read what was recorded an interval ago.
    group_eval_order: rules.groups.map(({ name }) => name),
    tests: [
      {
        interval,
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expected.map(({ expr, at, samples }) => ({
          expr,
          eval_time: at,
          exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
        })),
      },
    ],
  };
  writeFileSync(`${path}/test.yml`, JSON.stringify(test));
  return promtool(['test', 'rules', 'test.yml'], path);
}
