import type { LiveChange } from './live-change.js';
import type { LiveChart, LiveLayout, LiveTile, Tone, Unit } from './live-messages.js';
import { quantileOf } from './quantile.js';
import { type Reading, STATUS_CLASSES } from './reading.js';

/** Returns the present value of a column; `NaN` where there is none. */
type Column = (change: LiveChange) => number;

const COLUMNS = {
  requests: (change) => change.perSecond('requests'),
  requests2xx: (change) => change.statusPerSecond(2),
  requests3xx: (change) => change.statusPerSecond(3),
  requests4xx: (change) => change.statusPerSecond(4),
  requests5xx: (change) => change.statusPerSecond(STATUS_CLASSES),
  errorShare: (change) => change.statusPerSecond(STATUS_CLASSES) / change.perSecond('requests'),
  p50: (change) => latencyOf(0.5, change),
  p95: (change) => latencyOf(0.95, change),
  p99: (change) => latencyOf(0.99, change),
  inFlight: (change) => change.number('inFlight'),
  poolInUse: (change) => change.number('poolInUse'),
  poolIdle: (change) => change.number('poolIdle'),
  poolWaiting: (change) => change.number('poolWaiting'),
  poolCapacity: (change) => change.number('poolCapacity'),
  queries: (change) => change.perSecond('queries'),
  queriesPerRequest: (change) => change.growth('queriesOfRequests') / change.growth('requestsWithQueries'),
  cacheHitRate: (change) => hitRateOf(change.growth('cacheHits'), change.growth('cacheMisses')),
  loopLag: (change) => change.number('loopLag'),
  loopLagP99: (change) => change.number('loopLagP99'),
  memory: (change) => change.number('memory'),
} satisfies Record<string, Column>;

export type ColumnName = keyof typeof COLUMNS;

const NAMES = Object.keys(COLUMNS) as ColumnName[];

/** The number of values at each moment. */
export const COLUMN_COUNT = NAMES.length;

/** Returns the values of all columns. */
export function valuesOf(change: LiveChange): Float64Array {
  return Float64Array.from(NAMES, (name) => COLUMNS[name](change));
}

function latencyOf(quantile: number, { latency }: LiveChange): number {
  return latency === undefined ? Number.NaN : quantileOf(quantile, latency);
}

function hitRateOf(hits: number, misses: number): number {
  return hits / (hits + misses);
}

type Line = readonly [column: ColumnName, label: string, tone: Tone, unit?: Unit];

interface ChartPlan extends Omit<LiveChart, 'lines'> {
  readonly isOn: (reading: Reading) => boolean;
  readonly lines: readonly Line[];
}

interface TilePlan extends Omit<LiveTile, 'column'> {
  readonly isOn: (reading: Reading) => boolean;
  readonly column: ColumnName;
}

const hasRequests = ({ statusClasses }: Reading): boolean => statusClasses !== undefined;
const hasLatency = ({ latency }: Reading): boolean => latency !== undefined;
const hasPool = ({ numbers }: Reading): boolean => !Number.isNaN(numbers.poolInUse);
const hasQueries = ({ numbers }: Reading): boolean => !Number.isNaN(numbers.queries);
// Its families are exported at 0 when the cache is off.
const hasCache = ({ numbers }: Reading): boolean => numbers.cacheHits + numbers.cacheMisses > 0;
const hasRuntime = ({ numbers }: Reading): boolean => !Number.isNaN(numbers.loopLag);
const hasMemory = ({ numbers }: Reading): boolean => !Number.isNaN(numbers.memory);

const TILES: readonly TilePlan[] = [
  { title: 'Requests', unit: 'perSecond', column: 'requests', total: 'requests', isOn: hasRequests },
  { title: 'Errors (5xx)', unit: 'ratio', column: 'errorShare', total: 'errors', isOn: hasRequests },
  { title: 'Latency p99', unit: 'seconds', column: 'p99', isOn: hasLatency },
  { title: 'In flight', unit: 'count', column: 'inFlight', isOn: hasRequests },
  { title: 'Event loop p99', unit: 'seconds', column: 'loopLagP99', isOn: hasRuntime },
  { title: 'Memory', unit: 'bytes', column: 'memory', isOn: hasMemory },
];

const CHARTS: readonly ChartPlan[] = [
  {
    title: 'Requests by status',
    help: 'Requests per second that ended, by the class of their status.',
    unit: 'perSecond',
    isOn: hasRequests,
    lines: [
      ['requests2xx', '2xx', 'good'],
      ['requests3xx', '3xx', 'info'],
      ['requests4xx', '4xx', 'warning'],
      ['requests5xx', '5xx', 'bad'],
    ],
  },
  {
    title: 'Latency',
    help: 'Duration of requests, estimated from the buckets of the histogram.',
    unit: 'seconds',
    isOn: hasLatency,
    lines: [
      ['p50', 'p50', 'first'],
      ['p95', 'p95', 'second'],
      ['p99', 'p99', 'third'],
    ],
  },
  {
    title: 'Database pool',
    help: 'Connections of all pools: in use, idle, and callers that wait for one.',
    unit: 'count',
    isOn: hasPool,
    lines: [
      ['poolInUse', 'in use', 'first'],
      ['poolIdle', 'idle', 'second'],
      ['poolWaiting', 'waiting', 'bad'],
      ['poolCapacity', 'capacity', 'limit'],
    ],
  },
  {
    title: 'Queries',
    help: 'Queries per second, and queries of each request on average.',
    unit: 'perSecond',
    isOn: hasQueries,
    lines: [
      ['queries', 'per second', 'first'],
      ['queriesPerRequest', 'per request', 'second', 'count'],
    ],
  },
  {
    title: 'Statement cache',
    help: 'Share of hits in the look-ups of the statement cache.',
    unit: 'ratio',
    isOn: hasCache,
    lines: [['cacheHitRate', 'hit rate', 'first']],
  },
  {
    title: 'Event loop',
    help: 'Delay of the event loop since the last look at it; it includes the resolution of its timer, 10 ms.',
    unit: 'seconds',
    isOn: hasRuntime,
    lines: [
      ['loopLag', 'now', 'first'],
      ['loopLagP99', 'p99', 'third'],
    ],
  },
];

/**
 * Returns what is drawn of a reading. What is not on is left out.
 *
 * @param before - the last layout: what was on stays, also when its family cannot be read, for its history is there
 */
export function layoutOf(reading: Reading, historySeconds: number, before?: LiveLayout): LiveLayout {
  const drawn = <Plan extends ChartPlan | TilePlan>(
    plans: readonly Plan[],
    known: readonly { readonly title: string }[] = [],
  ): Plan[] => plans.filter((plan) => plan.isOn(reading) || known.some(({ title }) => title === plan.title));
  return {
    historySeconds,
    tiles: drawn(TILES, before?.tiles).map(({ title, unit, column, total }) => ({
      title,
      unit,
      column: NAMES.indexOf(column),
      ...(total !== undefined && { total }),
    })),
    charts: drawn(CHARTS, before?.charts).map(({ title, help, unit, lines }) => ({
      title,
      help,
      unit,
      lines: lines.map(([column, label, tone, ownUnit]) => ({
        column: NAMES.indexOf(column),
        label,
        tone,
        ...(ownUnit !== undefined && { unit: ownUnit }),
      })),
    })),
  };
}
