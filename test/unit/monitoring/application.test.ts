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
# TYPE shop_info gauge
shop_info 1
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
      families: ['shop_uptime_seconds', 'shop_info', 'shop_http_request_duration_seconds', 'orders_total'],
      httpBuckets: [0.1, 0.5],
    });
    const labelled = EXPOSITION.replaceAll('{le=', '{region="eu",le=');
    expect(describeApplication(labelled, { prefix: 'shop_' }).httpBuckets).toEqual([0.1, 0.5]);
  });

  it('with another prefix is refused, with the prefix that it has', () => {
    expect(() => describeApplication(EXPOSITION)).toThrow(
      new UnknownExpositionError(
        'The exposition has no metrics with the prefix hyperdjango_, but with shop_. Set the prefix (--prefix shop_).',
      ),
    );
  });

  it('that is none of this library is refused', () => {
    expect(() => describeApplication('# TYPE up gauge\nup 1\n')).toThrow(
      'no metrics of nestjs-hyper-metrics',
    );
    expect(() => describeApplication('<!doctype html>')).toThrow(
      'This is no exposition of metrics: no line begins with "# TYPE". It begins with "<!doctype html>".',
    );
  });
});

describe('rules for a job', () => {
  const rules = prometheusRules({ job: 'shop "1"', prefix: 'myapp_' }).groups.flatMap((group) => group.rules);

  it('read the series of this job only', () => {
    const down = rules.find((rule) => 'alert' in rule && rule.alert === 'MetricsTargetDown');
    expect(down?.expr).toBe('up{job="shop \\"1\\""} == 0');
    const selectors = rules.flatMap(
      ({ expr }) => expr.match(/(?<![\w:])(myapp_|up\b|nodejs_|scrape_)\w*(?!:)\b\{?/g) ?? [],
    );
    expect(selectors.length).toBeGreaterThan(60);
    expect(selectors.filter((selector) => !selector.endsWith('{'))).toEqual([]);
  });

  it('say of each alert how bad it is, what happened, with numbers, and where to read on', () => {
    const alerts = rules.filter((rule) => 'alert' in rule);
    expect(alerts.length).toBeGreaterThan(20);
    for (const { labels, annotations, alert } of alerts) {
      expect(labels.severity).toMatch(/^(critical|warning|info)$/);
      expect(annotations.summary).toMatch(/^[A-Z][^{}]+\.$/);
      expect(annotations.description).toMatch(/\{\{ \$(value|labels)/);
      expect(annotations.runbook_url).toBe(
        `node_modules/nestjs-hyper-metrics/docs/alerts.md#${alert.toLowerCase()}`,
      );
    }
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
});
