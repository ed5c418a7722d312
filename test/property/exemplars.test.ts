import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Counter } from '../../src/core/metric/counter.js';
import { Histogram } from '../../src/core/metric/histogram.js';
import { openMetricsFormat } from '../../src/exposition/open-metrics-format.js';
import { textFormat } from '../../src/exposition/text-format.js';
import { encode } from '../support/encode.js';
import { inOpenMetrics } from '../support/open-metrics-sums.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';
import { hostileText, textOf } from './arbitraries.js';

const BOUNDS = [-1, 0, 2.5, 10];

/** Texts that fit into the 128 characters of an exemplar, with its names. */
const exemplarText = fc.oneof(
  hostileText.map((text) => Array.from(text).slice(0, 50).join('')),
  fc.constantFrom('"'.repeat(50), '\n'.repeat(50), '😀'.repeat(50)),
);
const exemplar = fc.oneof(
  fc.dictionary(fc.constantFrom('trace_id', 'a', 'constructor'), exemplarText, { maxKeys: 2 }),
  // As many labels as there is room for.
  fc.constant(Object.fromEntries(Array.from({ length: 52 }, (_, index) => [letters(index), '"']))),
);

const step = fc.record({
  kind: fc.constantFrom('jobs', 'visits', 'wait', 'remove', 'scrape'),
  queue: hostileText.map(textOf),
  value: fc.integer({ min: -5, max: 20 }),
  exemplar: fc.option(exemplar, { nil: undefined }),
});

function letters(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : String.fromCharCode(65 + index - 26);
}

it('exemplars are exported in OpenMetrics with the samples that may have one, the latest of each, and in the text format not at all', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const counterOf = (name: string) =>
        new Counter({ name, type: 'counter', help: 'H.', labelNames: ['queue'] });
      const jobs = counterOf('jobs_total');
      // Of unknown type in OpenMetrics, where only counters and buckets have exemplars.
      const visits = counterOf('visits');
      const wait = new Histogram({
        name: 'wait',
        type: 'histogram',
        help: 'H.',
        labelNames: ['queue'],
        buckets: BOUNDS,
      });
      const expected = new Map<string, { labels: Record<string, string>; value: number }>();
      for (const { kind, queue, value, exemplar: labels } of steps) {
        if (kind === 'remove') {
          wait.remove(queue);
          [...BOUNDS, '+Inf'].forEach((le) =>
            expected.delete(seriesKey('wait_bucket', { queue, le: `${le}` })),
          );
        } else if (kind === 'wait') {
          wait.labels(queue).observe(value, labels);
          const le = `${BOUNDS.find((bound) => value <= bound) ?? '+Inf'}`;
          keep(seriesKey('wait_bucket', { queue, le }), labels, value);
        } else if (kind !== 'scrape') {
          const counter = kind === 'jobs' ? jobs : visits;
          counter.labels(queue).inc(Math.abs(value), labels);
          keep(kind === 'jobs' ? seriesKey('jobs_total', { queue }) : '', labels, Math.abs(value));
        }
      }
      const families = [jobs, visits, wait].map((family) => family.snapshot());
      const { samples } = parseOpenMetrics(encode(openMetricsFormat, ...families));
      const actual = samples.flatMap(({ name, labels, exemplar: found }) =>
        found === undefined ? [] : [[seriesKey(name, labels), { labels: found.labels, value: found.value }]],
      );
      expected.delete('');
      expect(new Map(actual as [])).toEqual(expected);
      expect(inOpenMetrics(parseExposition(encode(textFormat, ...families)).samples)).toEqual(
        samples.map(({ name, labels, value }) => ({ name, labels, value })),
      );

      function keep(key: string, labels: Record<string, string> | undefined, value: number): void {
        if (labels !== undefined) {
          // Prometheus refuses a scrape for a NUL in an exemplar.
          const texts = Object.entries(labels).map(([name, text]) => [
            name,
            textOf(text).replaceAll('\0', '\ufffd'),
          ]);
          expected.set(key, { labels: Object.fromEntries(texts), value });
        }
      }
    }),
    { numRuns: 80 },
  );
});
