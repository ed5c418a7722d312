import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CATALOG } from '../../src/catalog/catalog.js';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { prometheusRules, toYaml } from '../../src/monitoring.js';
import { DEFAULT_OPTIONS } from '../../src/options/default-options.js';
import {
  containerOf,
  type Deployment,
  listDocuments,
  type PrometheusConfig,
  promtool,
  readDocument,
  readYaml,
  scrapeJob,
} from '../support/deployment-files.js';
import { startApplication } from '../support/platforms.js';
import { findMissingPrograms } from '../support/prometheus-server.js';
import { documentedSeries, readBudgetTable, readSeriesTable } from '../support/series-budget.js';
import { isSkipped } from '../support/skipped.js';

interface Rule {
  readonly record: string;
  readonly expr: string;
}

/** A group of the file: recording rules and alerts. */
interface Group {
  readonly name: string;
  readonly rules: readonly (Rule | { readonly alert: string; readonly expr: string })[];
}

const regional = readYaml('prometheus/prometheus.yml') as PrometheusConfig;
const kubernetes = readYaml('prometheus/kubernetes.yml') as PrometheusConfig;
const global = readYaml('prometheus/global.yml') as PrometheusConfig;
const { groups } = readYaml('prometheus/rules.yml') as { groups: Group[] };
const everyRule = groups.flatMap(({ rules: ofGroup }) => ofGroup);
/** Those of the objectives have their own test: test/servers/objective-rules. */
const rules = everyRule.filter((rule): rule is Rule => 'record' in rule && !rule.record.includes('slo'));
const deployment = readYaml('kubernetes/deployment.yml') as Deployment;
/** `endpoint.port` of the page, which all files have. */
const PORT = Number(/endpoint: \{ port: (\d+)/.exec(readDocument('scaling.md'))?.[1]);

const skipped = isSkipped('what promtool says about the configuration', findMissingPrograms());

/** The configuration in a folder of its own, to be changed. */
function copyFiles(changed: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(`${tmpdir()}/hyper-metrics-configuration-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const files = listDocuments('prometheus').map((name) => [
    name.slice('prometheus/'.length),
    readDocument(name),
  ]);
  for (const [name = '', text = ''] of [...files, ...Object.entries(changed)]) {
    mkdirSync(dirname(`${path}/${name}`), { recursive: true });
    writeFileSync(`${path}/${name}`, text);
  }
  return path;
}

describe.skipIf(skipped)('promtool', () => {
  it('accepts every rule', () => {
    expect(everyRule.length).toBeGreaterThan(50);
    const { status, output } = promtool(['check', 'rules', 'rules.yml']);
    expect(output).toContain(`SUCCESS: ${everyRule.length} rules found`);
    expect(status).toBe(0);
  });

  it('finds the results that the rules must have', () => {
    expect(promtool(['test', 'rules', 'rules.test.yml'])).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    });
  });

  it.each(rules)('finds other results when $record is another', ({ record, expr }) => {
    const doubled = groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) =>
        'record' in rule && rule.record === record ? { record, expr: `2 * (${expr})` } : rule,
      ),
    }));
    const path = copyFiles({ 'rules.yml': JSON.stringify({ groups: doubled }) });

    expect(promtool(['check', 'rules', 'rules.yml'], path).status).toBe(0);
    expect(promtool(['test', 'rules', 'rules.test.yml'], path)).toEqual({
      status: 1,
      output: expect.stringContaining('FAILED'),
    });
  });

  it('finds them with another prefix, too, made as docs/scaling.md says', () => {
    expect(readDocument('scaling.md')).toContain('npx nestjs-hyper-metrics rules --prefix myapp_');
    const changed = {
      'rules.yml': toYaml(prometheusRules({ prefix: 'myapp_' })),
      'rules.test.yml': readDocument('prometheus/rules.test.yml').replaceAll('hyperdjango_', 'myapp_'),
    };

    expect(promtool(['test', 'rules', 'rules.test.yml'], copyFiles(changed))).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    });
  });

  it.each(['prometheus.yml', 'global.yml'])('accepts %s', (name) => {
    expect(promtool(['check', 'config', name])).toEqual({
      status: 0,
      output: expect.stringContaining(`${name} is valid`),
    });
  });

  it('accepts kubernetes.yml, its discovery left aside, which Debian builds without', () => {
    const discovery = '    kubernetes_sd_configs:\n      - role: pod\n';
    const text = readDocument('prometheus/kubernetes.yml');
    expect(text).toContain(discovery);
    const path = copyFiles({
      'kubernetes.yml': text.replace(discovery, ''),
      'secrets/metrics-token': 'secret',
    });

    expect(promtool(['check', 'config', 'kubernetes.yml'], path)).toEqual({
      status: 0,
      output: expect.stringContaining('kubernetes.yml is valid'),
    });
  });
});

describe('the recording rules', () => {
  it('read what the catalog has, counters and histograms as rates and gauges as they are', () => {
    const types = new Map(CATALOG.map(({ name, type }) => [name, type]));
    const own = (expr: string) => [...expr.matchAll(/(?<![:\w])hyperdjango_(\w+)(\[5m\])?/g)];
    const used = rules.flatMap(({ expr }) => own(expr));

    expect(used.length).toBeGreaterThan(10);
    for (const [text, name = '', range] of used) {
      const type = types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, ''));
      expect([text, type === 'gauge' ? undefined : '[5m]', type !== undefined]).toEqual([text, range, true]);
    }
  });

  it('have names that say which labels are left', () => {
    for (const { record, expr } of rules.filter((rule) => /^(sum|count|max) by/.test(rule.expr))) {
      const labels = (/by \((.*?)\)/.exec(expr)?.[1] ?? '').split(', ');
      expect(record.slice(0, record.indexOf(':'))).toBe(labels.join('_'));
    }
  });

  it('are what the global Prometheus takes, all of them and no series of an instance', () => {
    const [match, ...others] = scrapeJob(global).params?.['match[]'] ?? [];
    expect(others).toEqual([]);
    const pattern = new RegExp(`^(?:${/^\{__name__=~"(.*)"\}$/.exec(match ?? '')?.[1]})$`);

    expect(rules.filter(({ record }) => !pattern.test(record))).toEqual([]);
    expect(CATALOG.filter(({ name }) => pattern.test(`hyperdjango_${name}`))).toEqual([]);
    expect(scrapeJob(global).honor_labels).toBe(true);
  });

  it('are in the table of docs/scaling.md by what they are of', () => {
    const page = readDocument('scaling.md');
    for (const { record } of rules.filter(({ record: name }) => name.startsWith('job:'))) {
      const [, of = '', operation = ''] = record.split(':');
      expect(page).toContain(of);
      expect(page).toContain(`:${operation}\``);
    }
  });
});

describe('the targets', () => {
  it('are scraped at the path that is the default, and at the port of the page', () => {
    expect(PORT).toBeGreaterThan(0);
    expect(scrapeJob(regional).metrics_path).toBe(DEFAULT_OPTIONS.path);
    const entries = readYaml('prometheus/targets/bookshop.yml') as { targets: string[] }[];
    const targets = entries.flatMap(({ targets: ofEntry }) => ofEntry);
    expect(targets.length).toBeGreaterThan(1);
    expect(targets.filter((target) => new URL(`http://${target}`).port !== String(PORT))).toEqual([]);
  });

  it('in files and in a cluster have the same limits, rules and intervals', () => {
    const { sample_limit, label_limit } = scrapeJob(regional);
    expect([sample_limit, label_limit]).toEqual([5000, 20]);
    expect(scrapeJob(kubernetes)).toMatchObject({ sample_limit, label_limit });
    expect(kubernetes.global).toEqual(regional.global);
    expect(kubernetes.rule_files).toEqual(regional.rule_files);
  });
});

describe('the files for Kubernetes', () => {
  const { spec } = deployment;
  const container = containerOf(deployment);
  const metricsPort = container.ports.find(({ name }) => name === 'metrics');

  it('have a Deployment that declares the port and the path of the options, and selects its pods', () => {
    expect([deployment.apiVersion, deployment.kind]).toEqual(['apps/v1', 'Deployment']);
    expect(metricsPort).toEqual({ name: 'metrics', containerPort: PORT });
    expect(new Set(container.ports.map(({ containerPort }) => containerPort)).size).toBe(
      container.ports.length,
    );
    expect(spec.template.metadata).toEqual({
      labels: { 'app.kubernetes.io/name': 'bookshop' },
      annotations: {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': String(PORT),
        'prometheus.io/path': DEFAULT_OPTIONS.path,
      },
    });
    expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
    const comment = readDocument('kubernetes/deployment.yml').slice(0, 300);
    expect(comment).toContain(`endpoint: { port: ${PORT}, host: '0.0.0.0', bearerToken: process.env.`);
    expect(comment).toContain(`process.env.${container.env[0]?.name}`);
  });

  // By PodMonitor of monitoring.coreos.com/v1: these are its fields, and the operator refuses others.
  it('have a PodMonitor that finds these pods, and knows their port, path and token', () => {
    expect(readYaml('kubernetes/podmonitor.yml')).toEqual({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: 'bookshop' },
      spec: {
        selector: { matchLabels: spec.template.metadata.labels },
        jobLabel: Object.keys(spec.template.metadata.labels)[0],
        sampleLimit: scrapeJob(regional).sample_limit,
        labelLimit: scrapeJob(regional).label_limit,
        podMetricsEndpoints: [
          {
            port: metricsPort?.name,
            path: DEFAULT_OPTIONS.path,
            interval: regional.global['scrape_interval'],
            authorization: { type: 'Bearer', credentials: container.env[0]?.valueFrom.secretKeyRef },
          },
        ],
      },
    });
  });

  it('are found by the role of pods, and no other', () => {
    expect(scrapeJob(kubernetes).kubernetes_sd_configs).toEqual([{ role: 'pod' }]);
  });
});

describe('the budget of docs/scaling.md', () => {
  it('is what the measured series of one instance come to', () => {
    const rows = readBudgetTable();
    expect(rows.map(({ instances }) => instances)).toContain(1000);
    for (const { instances, series, samplesPerSecond } of rows) {
      expect(series).toBe(documentedSeries('afterwards') * instances);
      expect(samplesPerSecond).toBe(Math.round(series / 15));
    }
  });

  it('recommends a series budget with which no scrape comes to the limit of samples', async () => {
    const [, perFamily, total] =
      /seriesBudget: \{ perFamily: (\d+), total: (\d+) \}/.exec(readDocument('scaling.md')) ?? [];
    const registry = new Registry();
    const limits = { perFamily: Number(perFamily), total: Number(total) };
    const application = await startApplication(
      'express',
      HyperMetricsModule.forRoot({ registry, seriesBudget: limits }),
    );
    onTestFinished(() => application.close());
    const metrics = application.app.get(MetricsService);
    const buckets = CATALOG.map((definition) => ('buckets' in definition ? definition.buckets : []));
    const longest = buckets.toSorted((a, b) => b.length - a.length)[0] ?? [];
    for (let family = 0; family < 10; family += 1) {
      const flooded = metrics.histogram({
        name: `flooded_${family}_seconds`,
        help: 'Too many.',
        labelNames: ['id'],
        buckets: [...longest],
      });
      for (let id = 0; id < 1_000; id += 1) flooded.observe([String(id)], 1);
    }

    const { size } = await application.read();
    const ofDatabases =
      readSeriesTable().find(({ families }) => families.includes('db'))?.afterwards ?? Number.NaN;
    expect(size).toBeGreaterThan(limits.total * (longest.length + 3));
    expect(size + ofDatabases).toBeLessThan(scrapeJob(regional).sample_limit ?? 0);
  });
});
