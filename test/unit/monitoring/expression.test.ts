import { describe, expect, it } from 'vitest';
import { GUIDE } from '../../../src/monitoring/guide/guide.js';
import { alertGroups } from '../../../src/monitoring/rules/prometheus-rules.js';
import { samplesOf, writeExpression, writeProse } from '../../../src/monitoring/expression.js';

const write = (expression: string, matchers: readonly string[] = []): string =>
  writeExpression(expression, { prefix: 'shop_', matchers });

describe('an expression', () => {
  it.each([
    ['sum(rate(#http_requests_total[5m]))', 'sum(rate(shop_http_requests_total[5m]))'],
    ['#db_pool_in_use / #db_pool_total', 'shop_db_pool_in_use / shop_db_pool_total'],
    ['sum by (job) (@up)', 'sum by (job) (up)'],
    [
      'job_le:#http_request_duration_seconds_bucket:rate5m',
      'job_le:shop_http_request_duration_seconds_bucket:rate5m',
    ],
    ['job:#http_requests:rate5m > 0', 'job:shop_http_requests:rate5m > 0'],
  ])('gets the prefix where it is a family’s: %s', (expression, written) => {
    expect(write(expression)).toBe(written);
  });

  it.each([
    ['#info', 'shop_info{job="a"}'],
    ['@up == 0', 'up{job="a"} == 0'],
    [
      'rate(#http_requests_total{status=~"5.."}[5m])',
      'rate(shop_http_requests_total{job="a",status=~"5.."}[5m])',
    ],
    ['job:#http_requests:rate5m > 0', 'job:shop_http_requests:rate5m{job="a"} > 0'],
    [
      'sum_over_time(job:#http_requests:rate5m{status="5"}[30d])',
      'sum_over_time(job:shop_http_requests:rate5m{job="a",status="5"}[30d])',
    ],
  ])('selects a job in samples and in what was recorded: %s', (expression, written) => {
    expect(write(expression, ['job="a"'])).toBe(written);
  });

  it('selects an instance in samples only: recorded series have none', () => {
    const context = { prefix: '', matchers: ['job="a"'], sampleMatchers: ['instance="b"'] };
    expect(writeExpression('#info / job:#info:sum', context)).toBe(
      'info{job="a",instance="b"} / job:info:sum{job="a"}',
    );
  });

  it('has the range of a graph where it is the usual one, and no other', () => {
    const expression = 'rate(#info[5m]) + increase(#info[1h])';
    expect(writeExpression(expression, { prefix: '', range: '$__rate_interval' })).toBe(
      'rate(info[$__rate_interval]) + increase(info[1h])',
    );
  });

  it('names the families that it reads, histograms without what their samples have at the end', () => {
    expect(
      samplesOf('#http_request_duration_seconds_bucket / #db_query_duration_ms_total + @up + job:#info:sum'),
    ).toEqual({ families: ['http_request_duration_seconds', 'db_query_duration_ms_total'], others: ['up'] });
  });
});

describe('prose', () => {
  it('has no marker left in any guide or alert', () => {
    const texts = [
      ...Object.values(GUIDE).map(({ remedy }) => remedy),
      ...alertGroups().flatMap(({ rules }) =>
        rules.flatMap(({ remedy, description }) => [remedy, description]),
      ),
    ];
    expect(texts.length).toBeGreaterThan(100);
    const written = texts.map((text) => writeProse(text, 'shop_').replaceAll(/\]\([^)]+\)/g, ''));
    expect(written.filter((text) => text.includes('#'))).toEqual([]);
  });

  it('gets the prefix in front of families, and not in links', () => {
    expect(writeProse('See `rate(#db_pool_waiting)` in [database.md](database.md#errors).', 'shop_')).toBe(
      'See `rate(shop_db_pool_waiting)` in [database.md](database.md#errors).',
    );
  });
});
