import type { HistogramQuery } from '../native-histograms.js';

/** Grafana's names of the units that panels have. */
export type PanelUnit =
  'short' | 'none' | 's' | 'reqps' | 'ops' | 'cps' | 'percentunit' | 'decbytes' | 'Bps' | 'dateTimeFromNow';

export interface PanelQuery extends HistogramQuery {
  /** In Grafana's form: `{{route}}`. */
  readonly legend: string;
}

/** A value from which on a panel is yellow, and one from which on it is red. */
export interface PanelThresholds {
  readonly warning?: number;
  readonly critical: number;
  /** Whether low values are the bad ones. */
  readonly falling?: boolean;
}

/** A panel of the dashboard: a graph, unless it is the current value in large digits. */
export interface Panel {
  readonly title: string;
  readonly kind?: 'stat';
  readonly unit: PanelUnit;
  readonly queries: readonly PanelQuery[];
  /** The families that its description explains, without prefix. */
  readonly explains: readonly string[];
  /** What its samples are, and what to do, where they are of no family of the catalog. */
  readonly description?: string;
  /** Where values are good or bad by themselves; `slow-requests`: by the application's objective of latency. */
  readonly thresholds?: PanelThresholds | 'slow-requests';
  /** Whether a sample is a latency, whose traces are shown as exemplars. */
  readonly exemplars?: boolean;
  /** Whether the values add up to a whole. */
  readonly stacked?: boolean;
  /** The top of the axis, where the unit has one. */
  readonly max?: number;
  /** Why it is empty in a healthy service with usual options; undefined if it is not. */
  readonly emptyWhile?: string;
}

/** A row of the dashboard. */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Whether it is closed at first. */
  readonly collapsed?: boolean;
}
