import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { USUAL_ERROR_CLASSES } from '../../../../src/database/query/query-error-class.js';
import { QueryMetrics } from '../../../../src/database/query/query-metrics.js';
import type { ObservedQuery } from '../../../../src/database/source/query-source.interface.js';
import { RegistryLease } from '../../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../../src/service/expose-as-text.js';
import { parseExposition } from '../../../support/parse-exposition.js';

const QUERY = { text: 'SELECT 1', operation: 'select', startedAtMs: 0 } as ObservedQuery;

function setUp() {
  const registry = new MetricsRegistry(new Registry(), 'app_');
  const metrics = new QueryMetrics(new RegistryLease(registry), () => {});
  return {
    fail: (error: unknown) => {
      metrics.queryStarted();
      metrics.queryEnded(QUERY, 1, error);
    },
    errors: async () => {
      const { samples } = parseExposition(await exposeAsText(registry));
      const own = samples.filter(({ name }) => name === 'app_db_query_errors_total');
      return Object.fromEntries(own.map(({ labels, value }) => [labels['sqlstate_class'], value]));
    },
  };
}

it('exports the usual classes of errors at 0, and any other with its first failure', async () => {
  const { fail, errors } = setUp();
  const none = Object.fromEntries(USUAL_ERROR_CLASSES.map((errorClass) => [errorClass, 0]));
  expect(await errors()).toEqual(none);
  fail({ severity: 'ERROR', code: '40P01' });
  fail({ severity: 'ERROR', code: 'XX000' });
  fail(new Error('Connection terminated'));
  expect(await errors()).toEqual({ ...none, '40': 1, XX: 1, client: 1 });
});

it('exports those that the documentation explains', () => {
  const page = readFileSync(new URL('../../../../docs/database.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| `sqlstate_class` \|[^\n]*\n([^]*?)\n\n/.exec(page) ?? [];
  const explained = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
  expect(explained.map(([, name]) => String(name)).toSorted()).toEqual([...USUAL_ERROR_CLASSES].toSorted());
});
