import { createHash } from 'node:crypto';
import { CATALOG } from '../../catalog/catalog.js';
import { DEFAULT_PREFIX } from '../../catalog/metric-name.js';
import {
  exportsAll,
  jobMatchers,
  type MonitoredApplication,
  pageAddress,
  withoutLinks,
} from '../application.js';
import { writeExpression, writeProse } from '../expression.js';
import { GUIDE } from '../guide/guide.js';
import { readHistograms } from '../native-histograms.js';
import { type GridPosition, Layout } from './layout.js';
import type { Panel, PanelQuery, PanelRow, PanelThresholds } from './panel.interface.js';
import { DASHBOARD_ROWS } from './rows.js';
import { SHAPES } from './shapes.js';

/** A panel of Grafana's JSON, as far as this library sets it. */
export interface GrafanaPanel {
  readonly [property: string]: unknown;
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: GridPosition;
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly refId: string;
  }[];
  /** Those of a closed row. */
  readonly panels?: readonly GrafanaPanel[];
}

/** A dashboard of Grafana: import it as JSON, or put it into a folder that Grafana provisions. */
export interface GrafanaDashboard {
  readonly [property: string]: unknown;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly GrafanaPanel[];
}

const STAT = { w: 4, h: 4 };
const GRAPH = { w: 8, h: 8 };
const ROW = { w: 24, h: 1 };

/** Grafana's identifiers. */
const UID = /^[A-Za-z0-9_-]{1,40}$/;
/** What fits into one in front of a hash. */
const UID_START = 31;

/** Where the application has no objective of latency. */
const SLOW_REQUEST_SECONDS = 1;

/** Grafana names queries by letters. */
const REF_IDS = 'ABCDEFGH';

/** What the variables of the dashboard select. Recorded series are of a whole job. */
const OF_JOB = 'job=~"$job"';
const OF_INSTANCE = 'instance=~"$instance"';

/** A Grafana dashboard for what the application exports: panels without data, and rows without panels, are left out. */
export function grafanaDashboard(application: MonitoredApplication = {}): GrafanaDashboard {
  const { prefix = DEFAULT_PREFIX, job } = application;
  const matchers = jobMatchers(application);
  const writer = new PanelWriter(application);
  const shape = mapStrings(SHAPES.dashboard, (text) => writeExpression(text, { prefix, matchers }));
  return {
    ...(shape as Record<string, unknown>),
    uid: uidOf([...(prefix === DEFAULT_PREFIX ? [] : [prefix]), ...(job === undefined ? [] : [job])]),
    title: job === undefined ? 'NestJS' : `NestJS: ${job}`,
    panels: writer.writeRows(DASHBOARD_ROWS),
  };
}

/** An identifier that no other names have. Those that are too long, or have other characters, end in a hash. */
function uidOf(names: readonly string[]): string {
  const whole = ['hyper-metrics', ...names].join('-');
  if (UID.test(whole)) return whole;
  const hash = createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 8);
  return `${whole.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, UID_START)}-${hash}`;
}

class PanelWriter {
  private readonly layout = new Layout();
  private readonly prefix: string;
  private lastId = 0;

  constructor(private readonly application: MonitoredApplication) {
    this.prefix = application.prefix ?? DEFAULT_PREFIX;
  }

  writeRows(rows: readonly PanelRow[]): GrafanaPanel[] {
    return rows.flatMap((row) => {
      const panels = row.panels
        .map((panel) => this.exportedPart(panel))
        .filter(({ queries }) => queries.length > 0);
      return panels.length === 0 ? [] : this.writeRow(row, panels);
    });
  }

  /** A panel without what the application does not export. Recorded series are there with the families that the panel explains. */
  private exportedPart(panel: Panel): Panel {
    const explains = panel.explains.filter((name) => exportsAll(this.application, `#${name}`));
    const isAbsent = panel.explains.length > 0 && explains.length === 0;
    const queries = panel.queries.filter(({ expr }) => exportsAll(this.application, expr));
    return { ...panel, explains, queries: isAbsent ? [] : queries };
  }

  private writeRow({ title, collapsed = false }: PanelRow, panels: readonly Panel[]): GrafanaPanel[] {
    const y = this.layout.endLine();
    const row = {
      ...SHAPES.row,
      id: this.nextId(),
      type: 'row',
      title,
      collapsed,
      gridPos: this.layout.place(ROW),
    };
    if (!collapsed) return [row, ...panels.map((panel) => this.writePanel(panel, this.layout))];
    // Grafana opens it below its heading; until then it takes no room.
    const within = new Layout(y + ROW.h);
    return [{ ...row, panels: panels.map((panel) => this.writePanel(panel, within)) }];
  }

  private writePanel(panel: Panel, layout: Layout): GrafanaPanel {
    const isStat = panel.kind === 'stat';
    const thresholds = panel.thresholds === 'slow-requests' ? this.slowRequests() : panel.thresholds;
    const defaults = {
      unit: panel.unit,
      ...(panel.max === undefined ? {} : { max: panel.max }),
      ...(thresholds === undefined ? {} : { thresholds: writeThresholds(thresholds) }),
      ...(isStat
        ? {}
        : {
            custom: {
              stacking: { mode: panel.stacked === true ? 'normal' : 'none' },
              thresholdsStyle: { mode: thresholds === undefined ? 'off' : 'dashed' },
            },
          }),
    };
    return merge(isStat ? SHAPES.stat : SHAPES.graph, {
      id: this.nextId(),
      title: panel.title,
      description: this.describe(panel),
      gridPos: layout.place(isStat ? STAT : GRAPH),
      fieldConfig: { defaults },
      targets: panel.queries.map((query, index) => this.writeTarget(query, index, panel)),
      ...this.links(panel),
    }) as unknown as GrafanaPanel;
  }

  private links({ explains }: Panel): object {
    const links = explains.flatMap((name) => {
      const url = pageAddress(this.application, `metrics.md#${DEFAULT_PREFIX}${name}`);
      return url === undefined ? [] : [{ ...SHAPES.link, title: this.prefix + name, url }];
    });
    return links.length === 0 ? {} : { links };
  }

  private slowRequests(): PanelThresholds {
    const { slowRequestSeconds = SLOW_REQUEST_SECONDS } = this.application;
    return { warning: slowRequestSeconds / 2, critical: slowRequestSeconds };
  }

  private writeTarget(query: PanelQuery, index: number, { kind, exemplars }: Panel): object {
    return {
      ...SHAPES.target,
      refId: REF_IDS[index] ?? String(index),
      expr: writeExpression(readHistograms(query, this.application), {
        prefix: this.prefix,
        matchers: [...jobMatchers(this.application), OF_JOB],
        sampleMatchers: [OF_INSTANCE],
        range: '$__rate_interval',
      }),
      legendFormat: query.legend,
      ...(kind === 'stat' ? { instant: true, range: false } : { range: true }),
      ...(exemplars === true ? { exemplar: true } : {}),
    };
  }

  /** What the samples are, and what to do. */
  private describe({ explains, description }: Panel): string {
    const families = explains.map((name) => {
      const help = CATALOG.find((family) => family.name === name)?.help ?? '';
      const remedy = withoutLinks(writeProse(GUIDE[name]?.remedy ?? '', this.prefix), this.application);
      return `\`${this.prefix}${name}\`: ${help}\n\n${remedy}`;
    });
    return [...(description === undefined ? [] : [description]), ...families].join('\n\n');
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}

function writeThresholds({ warning, critical, falling = false }: PanelThresholds): object {
  const good = { color: 'green', value: null };
  if (falling) {
    // Grafana's steps begin at a value; below the first of them is what is bad.
    const steps =
      warning === undefined
        ? [{ color: 'green', value: critical }]
        : [
            { color: 'yellow', value: critical },
            { color: 'green', value: warning },
          ];
    return { mode: 'absolute', steps: [{ color: 'red', value: null }, ...steps] };
  }
  return {
    mode: 'absolute',
    steps: [
      good,
      ...(warning === undefined ? [] : [{ color: 'yellow', value: warning }]),
      { color: 'red', value: critical },
    ],
  };
}

type Shape = Readonly<Record<string, unknown>>;

/** The shape with these properties, those within objects of both included. */
function merge(shape: Shape, changes: Shape): Shape {
  const changed = Object.entries(changes).map(([name, value]) => {
    const base = shape[name];
    return [name, isObject(base) && isObject(value) ? merge(base, value) : value];
  });
  return { ...shape, ...Object.fromEntries(changed) };
}

function isObject(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, change)]));
}
