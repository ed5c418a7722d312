/** The messages of the feed, as JSON. The page imports these types, and nothing else of the library. */

/** A number; `null` where it is not known: the family is absent, or nothing happened that has such a value. */
export type Value = number | null;

export type Unit = 'count' | 'perSecond' | 'seconds' | 'ratio' | 'bytes';

/** The meaning of a line, from which the page chooses its colour. */
export type Tone = 'good' | 'info' | 'warning' | 'bad' | 'first' | 'second' | 'third' | 'limit';

/** A line of a chart. */
export interface LiveLine {
  /** Position of its values in `LiveState.values` and `LivePoints.values`. */
  readonly column: number;
  readonly label: string;
  readonly tone: Tone;
  /** Only for charts whose lines have different units. */
  readonly unit?: Unit;
}

export interface LiveChart {
  readonly title: string;
  /** What the lines are, in one sentence. */
  readonly help: string;
  readonly unit: Unit;
  readonly lines: readonly LiveLine[];
}

export interface LiveTile {
  readonly title: string;
  readonly unit: Unit;
  readonly column: number;
  /** The total below the number. */
  readonly total?: 'requests' | 'errors';
}

/** Event `layout`: what is drawn. Sent first, and when something is switched on. */
export interface LiveLayout {
  readonly historySeconds: number;
  readonly tiles: readonly LiveTile[];
  readonly charts: readonly LiveChart[];
}

/** Event `points`: the history, or its part that the viewer does not have. */
export interface LivePoints {
  /** Whether the viewer has to forget the points that it has. */
  readonly isWhole: boolean;
  /** Times on the service's monotonic clock in milliseconds, rising. */
  readonly atMs: readonly number[];
  /** By column, one value for each time. */
  readonly values: readonly (readonly Value[])[];
}

/** Event `state`: how the service is now. */
export interface LiveState {
  /** A time on the monotonic clock. */
  readonly atMs: number;
  /** Unix time minus monotonic time: changes when the service's clock is set. */
  readonly clockOffsetMs: number;
  /** By column. */
  readonly values: readonly Value[];
  readonly service: LiveService;
  readonly totals: LiveTotals;
  readonly tables: LiveTables;
  readonly missing: LimitedList<MissingPart>;
}

/** Event `waiting`: the service is collecting its metrics for longer than usual. */
export interface LiveWaiting {
  readonly sinceMs: number;
  readonly clockOffsetMs: number;
}

export interface LiveService {
  readonly version: string | null;
  readonly node: string | null;
  readonly uptimeSeconds: Value;
  readonly processes: number;
  /** The process that answers: details of single queries and connections are its own. */
  readonly processId: number;
}

/** Sums since the start. */
export interface LiveTotals {
  readonly requests: Value;
  readonly errors: Value;
  readonly queries: Value;
}

/** Something that could not be read. */
export interface MissingPart {
  /** The value of the label `collector` of `metrics_collector_errors_total`, or `metrics` for all of them. */
  readonly name: string;
  /** A time on the monotonic clock. */
  readonly sinceMs: number;
}

/** Tables of what is on; the others are absent. */
export interface LiveTables {
  /** The seconds that rates and shares of `routes` and `statements` are about. */
  readonly windowSeconds: number;
  readonly routes?: LimitedList<LiveRoute>;
  readonly statements?: LimitedList<LiveStatement>;
  readonly nPlusOne?: LimitedList<LivePattern>;
  readonly slowQueries?: LimitedList<LiveSlowQuery>;
  readonly connections?: LimitedList<LiveConnection>;
  readonly health?: LiveHealth;
  readonly collectorErrors?: readonly LiveCollectorErrors[];
}

/** The first rows of a list. */
export interface LimitedList<Row> {
  readonly rows: readonly Row[];
  /** The number of rows that are left out. */
  readonly omitted: number;
}

export interface LiveRoute {
  readonly method: string;
  readonly route: string;
  /** Requests since the start. */
  readonly total: number;
  readonly perSecond: Value;
  readonly errorShare: Value;
  readonly p50: Value;
  readonly p95: Value;
  readonly p99: Value;
  /** The route's share of the time of all queries, its other methods included. */
  readonly databaseShare: Value;
}

export interface LiveStatement {
  /** Operations and tables. */
  readonly summary: string;
  readonly total: number;
  readonly perSecond: Value;
  readonly meanSeconds: Value;
  /** Its share of the time of all queries. */
  readonly share: Value;
}

export interface LivePattern {
  readonly method: string | null;
  readonly route: string;
  readonly fingerprint: string;
  readonly location: string | null;
  readonly findings: number;
  readonly maxReads: number;
}

export interface LiveSlowQuery {
  readonly fingerprint: string;
  readonly seconds: number;
  /** Unix time. */
  readonly endedAtMs: number;
  readonly failed: boolean;
}

export interface LiveConnection {
  readonly heldSeconds: number;
  readonly method: string | null;
  readonly route: string | null;
  readonly location: string | null;
  readonly processId: number | null;
  readonly isLeakSuspected: boolean;
}

export interface LiveHealth {
  /** `null` before the first check. */
  readonly healthy: boolean | null;
  readonly checks: number;
  readonly failures: number;
}

export interface LiveCollectorErrors {
  readonly collector: string;
  readonly total: number;
}
