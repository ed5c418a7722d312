import type {
  LimitedList,
  LiveCollectorErrors,
  LiveConnection,
  LivePattern,
  LiveRoute,
  LiveSlowQuery,
  LiveStatement,
  LiveState,
  LiveTables,
} from '../live-messages.js';
import { format, formatDuration, formatTime, formatWhole, NONE } from './format.js';
import { Table, type TablePlan } from './table.js';

const recent = (windowSeconds: number): string =>
  windowSeconds > 0
    ? `Rates and durations of the last ${formatDuration(windowSeconds)}.`
    : 'Collecting the first values.';

const ROUTES: TablePlan<LiveRoute> = {
  title: 'Routes',
  note: recent,
  empty: 'No requests yet.',
  columns: [
    {
      title: 'Route',
      kind: 'name',
      text: ({ method, route }) => `${method} ${route}`,
      order: ({ route, method }) => `${route} ${method}`,
    },
    number(
      'Requests',
      ({ perSecond }) => perSecond,
      (value) => format(value, 'perSecond'),
    ),
    {
      ...number<LiveRoute>(
        'Errors',
        ({ errorShare }) => errorShare,
        (value) => format(value, 'ratio'),
      ),
      isAlarm: ({ errorShare }) => (errorShare ?? 0) > 0,
    },
    number(
      'p50',
      ({ p50 }) => p50,
      (value) => format(value, 'seconds'),
    ),
    number(
      'p95',
      ({ p95 }) => p95,
      (value) => format(value, 'seconds'),
    ),
    number(
      'p99',
      ({ p99 }) => p99,
      (value) => format(value, 'seconds'),
    ),
    number(
      'Database',
      ({ databaseShare }) => databaseShare,
      (value) => format(value, 'ratio'),
    ),
    number('Since start', ({ total }) => total, formatWhole),
  ],
};

const STATEMENTS: TablePlan<LiveStatement> = {
  title: 'Top statements',
  note: recent,
  empty: 'No statements yet.',
  columns: [
    { title: 'Statement', kind: 'name', text: ({ summary }) => summary, order: ({ summary }) => summary },
    number(
      'Calls',
      ({ perSecond }) => perSecond,
      (value) => format(value, 'perSecond'),
    ),
    number(
      'Mean',
      ({ meanSeconds }) => meanSeconds,
      (value) => format(value, 'seconds'),
    ),
    number(
      'Share of time',
      ({ share }) => share,
      (value) => format(value, 'ratio'),
    ),
    number('Since start', ({ total }) => total, formatWhole),
  ],
};

const PATTERNS: TablePlan<LivePattern> = {
  title: 'N+1 queries',
  note: () => 'Reads that one request repeated, with the line that sends them.',
  empty: 'None found.',
  columns: [
    { title: 'Route', kind: 'name', text: workOf, order: workOf },
    number('Requests', ({ findings }) => findings, formatWhole),
    number('Reads, at most', ({ maxReads }) => maxReads, formatWhole),
    { title: 'Line', kind: 'text', text: ({ location }) => location ?? 'unknown' },
    { title: 'Statement', kind: 'code', text: ({ fingerprint }) => fingerprint },
  ],
};

const SLOW_QUERIES: TablePlan<LiveSlowQuery> = {
  title: 'Slow queries',
  note: () => 'The latest ones, without their values.',
  empty: 'None.',
  columns: [
    {
      title: 'Ended',
      kind: 'name',
      text: ({ endedAtMs }) => formatTime(endedAtMs),
      order: ({ endedAtMs }) => endedAtMs,
    },
    number(
      'Duration',
      ({ seconds }) => seconds,
      (value) => format(value, 'seconds'),
    ),
    {
      title: 'Result',
      kind: 'text',
      text: ({ failed }) => (failed ? 'failed' : 'ok'),
      isAlarm: ({ failed }) => failed,
    },
    { title: 'Statement', kind: 'code', text: ({ fingerprint }) => fingerprint },
  ],
};

const CONNECTIONS: TablePlan<LiveConnection> = {
  title: 'Connections held now',
  note: () => 'Connections that are checked out of their pools, the longest held first.',
  empty: 'None.',
  columns: [
    { title: 'Held by', kind: 'name', text: holderOf, order: holderOf },
    number(
      'Held for',
      ({ heldSeconds }) => heldSeconds,
      (value) => format(value, 'seconds'),
    ),
    {
      title: 'Leak',
      kind: 'text',
      text: ({ isLeakSuspected }) => (isLeakSuspected ? 'suspected' : 'no'),
      isAlarm: ({ isLeakSuspected }) => isLeakSuspected,
    },
    number(
      'Backend',
      ({ processId }) => processId,
      (value) => (value === null ? NONE : String(value)),
    ),
    { title: 'Line', kind: 'text', text: ({ location }) => location ?? NONE },
  ],
};

const COLLECTOR_ERRORS: TablePlan<LiveCollectorErrors> = {
  title: 'Values that could not be read',
  note: () => 'Failures since the start, by collector.',
  empty: 'None.',
  columns: [
    {
      title: 'Collector',
      kind: 'name',
      text: ({ collector }) => collector,
      order: ({ collector }) => collector,
    },
    number('Failures', ({ total }) => total, formatWhole),
  ],
};

/** A table, and how it is drawn. */
interface Entry {
  readonly root: HTMLElement;
  /** Returns whether it is on. */
  readonly draw: (tables: LiveTables) => boolean;
}

function entry<Row>(plan: TablePlan<Row>, pick: (tables: LiveTables) => LimitedList<Row> | undefined): Entry {
  const table = new Table(plan);
  return {
    root: table.root,
    draw: (tables) => {
      const list = pick(tables);
      if (list !== undefined) {
        table.draw(list, tables.windowSeconds);
      }
      return list !== undefined;
    },
  };
}

/** The tables of what is on. */
export class Tables {
  private readonly tables: readonly Entry[] = [
    entry(ROUTES, ({ routes }) => routes),
    entry(PATTERNS, ({ nPlusOne }) => nPlusOne),
    entry(SLOW_QUERIES, ({ slowQueries }) => slowQueries),
    entry(STATEMENTS, ({ statements }) => statements),
    entry(CONNECTIONS, ({ connections }) => connections),
    entry(COLLECTOR_ERRORS, ({ collectorErrors: rows = [] }) =>
      rows.length === 0 ? undefined : { rows, omitted: 0 },
    ),
  ];

  constructor(private readonly target: HTMLElement) {}

  draw({ tables }: LiveState): void {
    const shown = this.tables.filter(({ draw }) => draw(tables)).map(({ root }) => root);
    // Moving an element takes the focus from it.
    const isSame = shown.length === this.target.children.length && shown.every((root) => root.isConnected);
    if (!isSame) {
      this.target.replaceChildren(...shown);
    }
  }
}

function number<Row>(
  title: string,
  value: (row: Row) => number | null,
  text: (value: number | null) => string,
) {
  return { title, kind: 'number', text: (row: Row) => text(value(row)), order: value } as const;
}

function workOf({ method, route }: { readonly method: string | null; readonly route: string }): string {
  return method === null ? route : `${method} ${route}`;
}

function holderOf({ method, route }: LiveConnection): string {
  return route === null ? 'work under way' : workOf({ method, route });
}
