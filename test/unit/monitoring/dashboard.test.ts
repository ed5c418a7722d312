import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { type GrafanaPanel, grafanaDashboard, prometheusRules } from '../../../src/monitoring.js';
import { DASHBOARD_ROWS } from '../../../src/monitoring/dashboard/rows.js';

const RUNTIME = [
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_gc_duration_seconds',
];
const titlesOf = (panels: readonly GrafanaPanel[], type: string): string[] =>
  panels.filter((panel) => panel.type === type).map(({ title }) => title);
const withNested = (panels: readonly GrafanaPanel[]): GrafanaPanel[] =>
  panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
const expressionsOf = (panels: readonly GrafanaPanel[]): string[] =>
  withNested(panels).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Samples that an expression reads, and not what was recorded. */
const SAMPLES = /(?<![\w:])(hyperdjango_|nodejs_|process_|up\b|scrape_)\w*\{?/g;

/** PromQL in Grafana's form, with its variables filled in. */
const filledIn = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '1h')
    .replaceAll(/"\$(job|instance)"/g, '".*"');

/** Where a parser does not understand an expression. */
function syntaxErrors(expr: string): string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`${expr.slice(0, from)}<here>${expr.slice(from, to)}`);
    },
  });
  return errors;
}

describe('the dashboard', () => {
  const { panels, ...shell } = grafanaDashboard();

  it('has every row and every panel, once, when nothing is left out', () => {
    expect(titlesOf(panels, 'row')).toEqual(DASHBOARD_ROWS.map(({ title }) => title));
    const titles = withNested(panels).map(({ title }) => title);
    expect(titles.length).toBe(DASHBOARD_ROWS.length + DASHBOARD_ROWS.flatMap((row) => row.panels).length);
    const ids = withNested(panels).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('explains every family of the catalog in some panel', () => {
    const explained = DASHBOARD_ROWS.flatMap((row) => row.panels).flatMap(({ explains }) => explains);
    expect(new Set(explained)).toEqual(new Set(CATALOG.map(({ name }) => name)));
  });

  it('has variables for data source, job and instance, and marks deployments', () => {
    const { templating, annotations } = shell as unknown as Readonly<
      Record<string, { list: { name: string; query?: string; expr?: string }[] }>
    >;
    expect(shell).toMatchObject({ uid: 'hyper-metrics', title: 'NestJS' });
    expect(templating?.list.map(({ name, query }) => [name, query])).toEqual([
      ['datasource', 'prometheus'],
      ['job', 'label_values(hyperdjango_info, job)'],
      ['instance', 'label_values(hyperdjango_info{job=~"$job"}, instance)'],
    ]);
    // All jobs are those of the list, and not every job of Prometheus.
    expect(templating?.list.map((variable) => 'allValue' in variable)).toEqual([false, false, true]);
    expect(annotations?.list.map(({ name }) => name)).toEqual(['Deployments']);
    expect(syntaxErrors(filledIn(annotations?.list[0]?.expr ?? ''))).toEqual([]);
    // Grafana shows nothing of an annotation without texts.
    expect(annotations?.list[0]).toMatchObject({ titleFormat: 'Version {{version}}', textFormat: '{{job}}' });
    expect(annotations?.list[0]?.expr).toContain('(hyperdjango_info{job=~"$job"} offset 5m)');
  });

  it('selects data source, job and instance in every query, and the job alone in what is recorded', () => {
    const queries = withNested(panels).flatMap(({ targets = [] }) => targets);
    expect(queries.length).toBeGreaterThan(70);
    for (const { expr, datasource } of queries as unknown as { expr: string; datasource: unknown }[]) {
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      const samples = expr.match(SAMPLES) ?? [];
      const recorded = expr.match(/\bjob\w*:[\w:]+/g) ?? [];
      expect(samples.length + recorded.length).toBeGreaterThan(0);
      expect(expr.match(/\{job=~"\$job",instance=~"\$instance"/g)?.length ?? 0).toBe(samples.length);
      expect(expr.match(/\{job=~"\$job"/g)?.length).toBe(samples.length + recorded.length);
    }
  });

  it('reads no other job than the application’s, whatever the variable says', () => {
    const { templating, annotations, ...ofShop } = grafanaDashboard({ job: 'shop' });
    const variables = JSON.stringify([templating, annotations]);
    expect(variables.match(/hyperdjango_info\{/g)?.length).toBe(4);
    expect(variables.match(/hyperdjango_info\{job=\\"shop\\"/g)?.length).toBe(4);
    for (const expr of expressionsOf(ofShop.panels)) {
      const selectors =
        expr.match(/(?<![\w:])(job\w*:|hyperdjango_|nodejs_|process_|up\b|scrape_)[\w:]*/g) ?? [];
      expect(expr.match(/\{job="shop",job=~"\$job"/g)?.length).toBe(selectors.length);
    }
  });

  it('asks for exemplars in panels of latencies, and for a range in graphs', () => {
    const all = withNested(panels);
    const withExemplars = all.filter(({ targets = [] }) => targets.some((target) => 'exemplar' in target));
    expect(withExemplars.map(({ title }) => title)).toEqual([
      'Duration of requests',
      '99th percentile by route',
      '99th percentile by host',
      'Wait for a connection, 99th percentile',
      'Use of a connection',
      '99th percentile by operation',
      '99th percentile by handler',
      '99th percentile by method',
    ]);
  });

  it('asks for exemplars of families that have them', () => {
    const asked = DASHBOARD_ROWS.flatMap(({ panels: ofRow }) => ofRow)
      .filter(({ exemplars }) => exemplars === true)
      .flatMap(({ queries }) => queries.flatMap(({ expr }) => [...expr.matchAll(/#(\w+)_bucket/g)]))
      .map(([, family]) => family);
    expect(new Set(asked).size).toBeGreaterThan(5);
    const having = CATALOG.filter(({ exemplars }) => exemplars !== undefined).map(({ name }) => name);
    expect(asked.filter((family = '') => !having.includes(family))).toEqual([]);
  });

  it('places panels beside and below each other, never on top of one another', () => {
    for (const list of [panels, ...panels.flatMap((panel) => (panel.panels ? [panel.panels] : []))]) {
      const cells = list.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...list.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
    }
  });

  it('has descriptions that say what to do, with the prefix, and no links that lead nowhere', () => {
    const [panel] = grafanaDashboard({ prefix: 'shop_' }).panels.filter(
      ({ title }) => title === 'Duration of requests',
    );
    expect(panel?.['description']).toContain('`shop_http_request_duration_seconds`: HTTP request duration');
    expect(panel?.['description']).toContain('(`shop_db_pool_waiting`)');
    const descriptions = withNested(panels).map(({ description }) => String(description));
    expect(descriptions.filter((text) => /`#|\]\(/.test(text))).toEqual([]);
  });

  it('links each family to the pages, where they have an address', () => {
    expect(withNested(panels).filter((panel) => 'links' in panel)).toEqual([]);
    const linked = grafanaDashboard({ prefix: 'shop_', documentation: 'https://wiki.example/metrics/' });
    expect(linked.panels.find(({ title }) => title === 'Requests')?.['links']).toEqual([
      expect.objectContaining({
        title: 'shop_http_requests_total',
        url: 'https://wiki.example/metrics/metrics.md#hyperdjango_http_requests_total',
        targetBlank: true,
      }),
    ]);
  });

  it('has an identifier of its own for each prefix and job, as short as Grafana needs it', () => {
    const long = 'x'.repeat(60);
    const applications = [
      {},
      { prefix: 'shop_' },
      { job: 'shop' },
      { prefix: 'shop_', job: 'shop' },
      { job: `${long}a` },
      { job: `${long}b` },
      { job: 'shop.eu' },
      { job: 'shop/eu' },
      { job: '書店' },
      { prefix: 'shop_', job: `${long}a` },
    ];
    const uids = applications.map((application) => grafanaDashboard(application).uid);
    expect(uids.slice(0, 4)).toEqual([
      'hyper-metrics',
      'hyper-metrics-shop_',
      'hyper-metrics-shop',
      'hyper-metrics-shop_-shop',
    ]);
    expect(uids.filter((uid) => !/^[\w-]{1,40}$/.test(uid))).toEqual([]);
    expect(new Set(uids).size).toBe(applications.length);
    expect(applications.map((application) => grafanaDashboard(application).uid)).toEqual(uids);
  });

  it('says of every panel what it shows, and where values are bad', () => {
    const all = DASHBOARD_ROWS.flatMap((row) => row.panels);
    expect(
      withNested(panels).filter(({ type, description }) => type !== 'row' && String(description).length < 50),
    ).toEqual([]);
    const withThresholds = all.filter(({ thresholds }) => thresholds !== undefined);
    expect(withThresholds.length).toBeGreaterThan(35);
    // Whatever fails, waits, is late or is nearly full.
    const isBadByItself = ({ title, exemplars }: (typeof all)[number]): boolean =>
      exemplars === true || /error|fail|wait|leak|N\+1|utilization|past the budget|refused|left/i.test(title);
    expect(
      all.filter((panel) => isBadByItself(panel) && panel.thresholds === undefined).map(({ title }) => title),
    ).toEqual(['99th percentile by method']);
  });

  it('has no query that returns a series for each of hundreds of instances, routes or names', () => {
    const unbounded = /\{\{(instance|route|class|statement|collector|family)\}\}/;
    const queries = DASHBOARD_ROWS.flatMap((row) => row.panels.flatMap((panel) => panel.queries));
    const many = queries.filter(({ legend }) => unbounded.test(legend));
    expect(many.length).toBeGreaterThan(30);
    expect(many.filter(({ expr }) => !/^(topk|bottomk)\(10, /.test(expr))).toEqual([]);
    // All others add up what they read.
    const others = queries.filter((query) => !many.includes(query)).map(({ expr }) => expr);
    expect(
      others.filter((expr) => !/(sum|min|max|count)( by \((?!instance|route)|\()|^job/.test(expr)),
    ).toEqual([]);
  });

  it('shows requests as slow from the application’s objective of latency on', () => {
    const configOf = (slowRequestSeconds?: number): unknown =>
      grafanaDashboard({ slowRequestSeconds }).panels.find(({ title }) => title === 'Duration of requests')?.[
        'fieldConfig'
      ];
    const from = (yellow: number, red: number): unknown => ({
      defaults: {
        thresholds: {
          steps: [
            { color: 'green', value: null },
            { color: 'yellow', value: yellow },
            { color: 'red', value: red },
          ],
        },
      },
    });
    expect(configOf(0.25)).toMatchObject(from(0.125, 0.25) as object);
    expect(configOf()).toMatchObject(from(0.5, 1) as object);
  });

  it('shows error budgets of the 30 days that alerts are about, whatever time is shown', () => {
    const budgets = panels.filter(({ title }) => title.startsWith('Budget left'));
    expect(budgets.map(({ targets }) => targets?.map(({ expr }) => expr.match(/\[[^\]]+\]/g)))).toEqual([
      [['[30d]', '[30d]']],
      [['[30d]', '[30d]']],
    ]);
  });

  it('has panels of the objectives that an application has', () => {
    const families = ['info', 'http_requests_total', 'slo_objective_ratio'].map((name) => `shop_${name}`);
    const left = grafanaDashboard({ prefix: 'shop_', families });
    expect(titlesOf(left.panels, 'stat').filter((title) => title.includes('Budget'))).toEqual([
      'Budget left of 30 days: availability',
    ]);
    const without = grafanaDashboard({ prefix: 'shop_', families: families.slice(0, 2) });
    expect(titlesOf(without.panels, 'row')).not.toContain('Service level objectives');
  });

  it('has neither rows nor panels of databases for an application without', () => {
    const families = [
      ...CATALOG.map(({ name }) => name)
        .filter(
          (name) =>
            !/^(db_|n_plus_one|stmt_|slo_|http_client_|http_route_outgoing|method_|schedule_|handler_|cluster_|http_re\w+_size)/.test(
              name,
            ),
        )
        .map((name) => `shop_${name}`),
      ...RUNTIME,
    ];
    const dashboard = grafanaDashboard({ prefix: 'shop_', families });
    expect(titlesOf(dashboard.panels, 'row')).toEqual([
      'Overview',
      'Routes',
      'Process and event loop',
      'Scrapes',
    ]);
    expect(expressionsOf(dashboard.panels).filter((expr) => /shop_(db|n_plus|stmt)/.test(expr))).toEqual([]);
    expect(titlesOf(dashboard.panels, 'stat')).toEqual([
      'Instances that answer',
      'Requests',
      'Share of errors',
      '99th percentile',
    ]);
    const alerts = prometheusRules({ prefix: 'shop_', families }).groups.flatMap(({ rules }) => rules);
    expect(alerts.map(({ expr }) => expr).join('\n')).not.toMatch(/shop_(db|n_plus|stmt|slo|cluster)/);
    expect(
      alerts.filter((rule) => 'alert' in rule).map((rule) => ('alert' in rule ? rule.alert : '')),
    ).toEqual([
      'ServiceErrors',
      'ServiceSlow',
      'ServiceRequestsHang',
      'ServiceMemoryNearLimit',
      'ServiceRestarts',
      'ServiceEventLoopBlocked',
      'MetricsTargetDown',
      'MetricsMissing',
      'MetricsTooManySeries',
    ]);
  });

  it('keeps a panel with the queries that are left', () => {
    const families = ['hyperdjango_info', 'process_resident_memory_bytes'];
    const { panels: left } = grafanaDashboard({ families });
    const memory = left.find(({ title }) => title === 'Memory');
    expect(memory?.targets?.map(({ legendFormat }) => legendFormat)).toEqual(['resident, {{instance}}']);
  });
});

describe('every query', () => {
  const rules = prometheusRules({ job: 'shop' }).groups.flatMap((group) => group.rules);
  const expressions = [
    ...expressionsOf(grafanaDashboard().panels).map(filledIn),
    ...rules.map(({ expr }) => expr),
  ];

  it('is understood by the parser of Prometheus’ own editor', () => {
    expect(expressions.length).toBeGreaterThan(130);
    expect(expressions.flatMap(syntaxErrors)).toEqual([]);
    expect(syntaxErrors('sum by (job (up)')).not.toEqual([]);
  });

  it('has no variable of Grafana and no marker left', () => {
    expect(expressions.filter((expr) => /\$(?!1\.0)|[#@]/.test(expr))).toEqual([]);
  });
});
