import type { HistogramQuery } from '../native-histograms.js';

/** A recording rule. The recorded name has the form level:metric:operation; the level names the labels that are left. */
export interface RecordingRule extends HistogramQuery {
  readonly record: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How soon somebody has to act: now, today, or when there is time. */
export type Severity = 'critical' | 'warning' | 'info';

/** An alert rule with what a person needs to know. Families in texts are written as in an {@link HistogramQuery.expr}. */
export interface AlertRule extends HistogramQuery {
  readonly alert: string;
  /** How long the expression has to be true. */
  readonly for: string;
  readonly severity: Severity;
  /** Whether it exists only in rules of one job. */
  readonly needsJob?: boolean;
  /** One sentence without values, so that notifications can be grouped by it. */
  readonly summary: string;
  /** A sentence with the numbers, in Prometheus' template language. */
  readonly description: string;
  /** Markdown for the page of alerts: what to look at, and what to do. */
  readonly remedy: string;
}

/** Rules that are evaluated one after the other, at the same time. */
export interface RuleGroup<Rule = RecordingRule | AlertRule> {
  readonly name: string;
  readonly rules: readonly Rule[];
}
