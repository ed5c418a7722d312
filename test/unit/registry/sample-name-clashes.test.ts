import { Gauge, Histogram, Registry, Summary } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { MetricConflictError } from '../../../src/core/errors.js';
import type { FamilyDefinition, MetricType } from '../../../src/core/family-definition.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition } from '../../support/parse-exposition.js';

function setUp() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  return { host, registry, application: new RegistryLease(registry) };
}

const define = (type: MetricType, name: string): FamilyDefinition => ({
  name,
  type,
  help: 'Jobs.',
  labelNames: [],
  ...(type === 'histogram' && { buckets: [1] }),
});
const WAIT = define('histogram', 'job_seconds');

describe('a metric whose samples would have the names of another one’s', () => {
  it.each([
    ['counter', 'job_seconds_count'],
    ['gauge', 'job_seconds_sum'],
    ['gauge', 'job_seconds_bucket'],
    ['histogram', 'job_seconds_count'],
  ] as const)('is a conflict, in whatever order they are made: a histogram and the %s %s', (type, name) => {
    for (const definitions of [
      [WAIT, define(type, name)],
      [define(type, name), WAIT],
    ]) {
      const { application, host } = setUp();
      application.customFamily(definitions[0] as FamilyDefinition);
      expect(() => application.customFamily(definitions[1] as FamilyDefinition)).toThrow(MetricConflictError);
      expect(host.getMetricsAsArray()).toHaveLength(1);
    }
  });

  it('says which two, and in which name they meet', () => {
    const { application } = setUp();
    application.customFamily(WAIT);
    expect(() => application.customFamily(define('counter', 'job_seconds_count'))).toThrow(
      'The counter "job_seconds_count" and the registered metric "job_seconds" would both have samples named ' +
        '"job_seconds_count". Rename one.',
    );
  });

  it('is a conflict with a metric of the host', () => {
    const { application, host } = setUp();
    const registers = [host];
    new Gauge({ name: 'job_seconds_sum', help: 'Foreign.', registers });
    new Histogram({ name: 'a', help: 'Foreign.', registers });
    new Summary({ name: 'b', help: 'Foreign.', registers });
    for (const definition of [WAIT, define('gauge', 'a_bucket'), define('gauge', 'b_count')]) {
      expect(() => application.customFamily(definition)).toThrow(MetricConflictError);
    }
  });

  it('is a conflict for collectors', () => {
    const { application } = setUp();
    application.customFamily(define('histogram', 'app_job_seconds'));
    const families = [define('gauge', 'job_seconds_sum')];
    expect(() => application.addCollector({ name: 'jobs', families, collect: () => [] })).toThrow(
      MetricConflictError,
    );
  });

  it('takes the place of one that no application uses any more', async () => {
    const { application, registry } = setUp();
    application.customFamily(WAIT);
    application.release();
    new RegistryLease(registry).customFamily(define('gauge', 'job_seconds_count'));
    expect(parseExposition(await exposeAsText(registry)).types).toEqual({ job_seconds_count: 'gauge' });
  });

  it.each([
    ['a gauge', define('gauge', 'job_seconds')],
    ['a histogram of another name', define('histogram', 'job')],
  ])('is none next to %s', (_, other) => {
    const { application, host } = setUp();
    application.customFamily(other);
    application.customFamily(define('counter', 'job_seconds_count'));
    application.customFamily(define('gauge', 'job_seconds_created'));
    expect(host.getMetricsAsArray()).toHaveLength(3);
  });
});
