import { describe, expect, it } from 'vitest';
import {
  describeApplication,
  prometheusRules,
  scrapeConfig,
  UnknownExpositionError,
} from '../../../src/monitoring.js';

const EXPOSITION = `# HELP shop_uptime_seconds Process uptime in seconds.
# TYPE shop_uptime_seconds gauge
shop_uptime_seconds 5
# TYPE shop_metrics_collector_errors_total counter
shop_metrics_collector_errors_total{collector="scrape"} 0
# TYPE shop_http_request_duration_seconds histogram
shop_http_request_duration_seconds_bucket{le="0.1"} 1
shop_http_request_duration_seconds_bucket{le="0.5"} 1
shop_http_request_duration_seconds_bucket{le="+Inf"} 1
shop_http_request_duration_seconds_sum 1
shop_http_request_duration_seconds_count 1
# TYPE orders_total counter
orders_total 1
`;

describe('an application', () => {
  it('is described by what it answers to a scrape', () => {
    expect(describeApplication(EXPOSITION, { prefix: 'shop_', job: 'shop' })).toEqual({
      prefix: 'shop_',
      job: 'shop',
      families: [
        'shop_uptime_seconds',
        'shop_metrics_collector_errors_total',
        'shop_http_request_duration_seconds',
        'orders_total',
      ],
      httpBuckets: [0.1, 0.5],
    });
    const labelled = EXPOSITION.replaceAll('{le=', '{region="eu",le=');
    expect(describeApplication(labelled, { prefix: 'shop_' }).httpBuckets).toEqual([0.1, 0.5]);
  });

  it('is described alike by OpenMetrics, in which the name of a counter’s family lacks its end', () => {
    const openMetrics = EXPOSITION.replace('# TYPE orders_total counter', '# TYPE orders counter')
      .replace('le="0.5"', 'le="1.0"')
      .concat('# EOF\n');
    expect(describeApplication(openMetrics, { prefix: 'shop_' })).toEqual({
      prefix: 'shop_',
      families: [
        'shop_uptime_seconds',
        'shop_metrics_collector_errors_total',
        'shop_http_request_duration_seconds',
        'orders_total',
      ],
      httpBuckets: [0.1, 1],
    });
  });

  it.each([
    ['shop_slo_latency_threshold_seconds 0.25', 0.25],
    ['shop_slo_latency_threshold_seconds{region="eu"} 2.0', 2],
    ['shop_slo_latency_threshold_seconds 5e-05', 0.000_05],
  ])('has its objective of latency as what is slow: %s', (sample, seconds) => {
    const exposition = `${EXPOSITION}# TYPE shop_slo_latency_threshold_seconds gauge\n${sample}\n`;
    expect(describeApplication(exposition, { prefix: 'shop_' }).slowRequestSeconds).toBe(seconds);
  });

  it('has the prefix of its exposition, if none is given', () => {
    expect(describeApplication(EXPOSITION).prefix).toBe('shop_');
    expect(describeApplication(EXPOSITION).httpBuckets).toEqual([0.1, 0.5]);
  });

  it('has the default prefix, if there are several and none is given', () => {
    const both = EXPOSITION + EXPOSITION.replaceAll('shop_', 'hyperdjango_');
    expect(describeApplication(both).prefix).toBe('hyperdjango_');
    expect(describeApplication(both, { prefix: 'shop_' }).prefix).toBe('shop_');
    expect(() => describeApplication(EXPOSITION + EXPOSITION.replaceAll('shop_', 'bank_'))).toThrow(
      'no metrics with the prefix hyperdjango_, but with shop_ and bank_. Set the prefix (--prefix shop_).',
    );
  });

  it('with another prefix than the one given is refused, with the prefix that it has', () => {
    expect(() => describeApplication(EXPOSITION, { prefix: 'hyperdjango_' })).toThrow(
      new UnknownExpositionError(
        'The exposition has no metrics with the prefix hyperdjango_, but with shop_. Set the prefix (--prefix shop_).',
      ),
    );
  });

  it('that is none of this library is refused', () => {
    const others = '# TYPE up gauge\nup 1\n# TYPE node_uptime_seconds gauge\nnode_uptime_seconds 1\n';
    expect(() => describeApplication(others)).toThrow('no metrics of nestjs-hyper-metrics');
    expect(() => describeApplication('<!doctype html>')).toThrow(
      'This is no exposition of metrics: no line begins with "# TYPE". It begins with "<!doctype html>".',
    );
  });
});

describe('rules for a job', () => {
  const rules = prometheusRules({ job: 'shop "1"', prefix: 'myapp_' }).groups.flatMap((group) => group.rules);

  it('read and record the series of this job only', () => {
    const down = rules.find((rule) => 'alert' in rule && rule.alert === 'MetricsTargetDown');
    expect(down?.expr).toBe('up{job="shop \\"1\\""} == 0');
    const selectors = rules.flatMap(
      ({ expr }) =>
        expr.match(/(?<![\w:])(job\w*:|myapp_|up\b|nodejs_|scrape_)[\w:]*(\{job="shop \\"1\\"")?/g) ?? [],
    );
    expect(selectors.length).toBeGreaterThan(100);
    expect(selectors.filter((selector) => selector.startsWith('job')).length).toBeGreaterThan(30);
    expect(selectors.filter((selector) => !selector.endsWith('{job="shop \\"1\\""'))).toEqual([]);
    // The name of what is recorded has no matchers.
    expect(rules.filter((rule) => 'record' in rule && !/^[\w:]+$/.test(rule.record))).toEqual([]);
  });

  it('say of each alert how bad it is, what happened, with numbers, and what to do', () => {
    const alerts = rules.filter((rule) => 'alert' in rule);
    expect(alerts.length).toBeGreaterThan(20);
    for (const { labels, annotations, for: duration } of alerts) {
      expect(duration).toMatch(/^\d+m$/);
      expect(labels.severity).toMatch(/^(critical|warning|info)$/);
      expect(annotations.summary).toMatch(/^[A-Z][^{}]+\.$/);
      expect(annotations.description).toMatch(/\{\{ (\$|printf)/);
      expect(annotations.remedy.length).toBeGreaterThan(50);
      // Neither markup that a notification shows as it is, nor markers of families.
      expect(annotations.remedy).not.toMatch(/\*\*|\]\(|#[a-z]/);
    }
  });

  it('have the address of the page of each alert, if the pages have one', () => {
    expect(rules.filter((rule) => 'alert' in rule && 'runbook_url' in rule.annotations)).toEqual([]);
    const linked = prometheusRules({ documentation: 'https://wiki.example/' })
      .groups.flatMap((group) => group.rules)
      .filter((rule) => 'alert' in rule);
    expect(linked.map(({ annotations }) => annotations.runbook_url)).toEqual(
      linked.map(({ alert }) => `https://wiki.example/alerts.md#${alert.toLowerCase()}`),
    );
  });

  it('name pages by an address, or by where they are', () => {
    const remedies = (documentation?: string): string[] =>
      prometheusRules({ documentation })
        .groups.flatMap((group) => group.rules)
        .flatMap((rule) => ('alert' in rule ? [rule.annotations.remedy] : []));
    const bare = /(?<![a-z0-9/-])[a-z0-9-]+\.md\b/;

    expect(remedies().filter((text) => bare.test(text))).toEqual([]);
    expect(remedies().join(' ')).toContain(
      'docs/monitoring.md of nestjs-hyper-metrics explains the windows.',
    );
    expect(remedies('https://wiki.example/docs').join(' ')).toContain(
      'https://wiki.example/docs/monitoring.md#service-level-objectives explains the windows.',
    );
  });
});

describe('a scrape configuration', () => {
  it('has the address in the parts that Prometheus wants', () => {
    expect(scrapeConfig({ url: 'https://shop.example/internal/metrics', job: 'shop' })).toEqual({
      rule_files: ['rules.yml'],
      scrape_configs: [
        {
          job_name: 'shop',
          scheme: 'https',
          metrics_path: '/internal/metrics',
          scrape_interval: '15s',
          static_configs: [{ targets: ['shop.example'] }],
        },
      ],
    });
  });

  it('has the query of the address as parameters of each scrape', () => {
    const { scrape_configs: jobs } = scrapeConfig({
      url: 'http://localhost:3000/metrics?name[]=a_total&name[]=b_total&tenant=shop#top',
    });
    expect(jobs).toEqual([
      expect.objectContaining({
        metrics_path: '/metrics',
        params: { 'name[]': ['a_total', 'b_total'], tenant: ['shop'] },
      }),
    ]);
  });
});
