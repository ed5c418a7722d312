import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import type { CatalogFamily } from '../../../src/catalog/catalog-family.js';
import { DEFAULT_PREFIX, metricName } from '../../../src/catalog/metric-name.js';
import { assertDefinition } from '../../../src/core/family-definition.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { DEFAULT_OPTIONS } from '../../../src/options/default-options.js';

interface SeedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
  readonly group: string;
  readonly aggregate: string;
}

interface Seed {
  readonly defaultPrefix: string;
  readonly metrics: readonly SeedMetric[];
  readonly endpoint: { readonly path: string; readonly headers: Readonly<Record<string, string>> };
  readonly help: Readonly<Record<string, string>>;
}

const COPY = new URL('../../contract/seed-metrics.json', import.meta.url);
const ORIGINAL = new URL('../../../../shared/spec/seed-metrics.json', import.meta.url);
const SEED = JSON.parse(readFileSync(COPY, 'utf8')) as Seed;

/** The groups whose capability exists; a later issue brings the others. */
const BUILT_GROUPS = new Set([
  'process',
  'http',
  'database pool',
  'pool health',
  'query timer',
  'performance',
  'statement cache',
]);
const contractNames = SEED.metrics.map(({ name }) => name);
const contractFamilies = CATALOG.filter(({ contract }) => contract);
const shape = (family: CatalogFamily) => ({
  name: family.name,
  type: family.type,
  labels: family.labelNames,
  buckets: family.buckets,
  aggregate: family.aggregation ?? 'sum',
});

describe('the contract', () => {
  it('is the reference document’s, wherever that can be compared', ({ skip }) => {
    skip(!existsSync(ORIGINAL), 'shared/spec/seed-metrics.json is not next to this repository');
    expect(readFileSync(COPY, 'utf8')).toBe(readFileSync(ORIGINAL, 'utf8'));
  });

  it('has every family of the groups that exist, and the catalog marks no other', () => {
    const expected = SEED.metrics.filter(({ group }) => BUILT_GROUPS.has(group)).map(({ name }) => name);
    expect(expected).toHaveLength(24);
    expect(contractFamilies.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  });

  it.each(contractFamilies.map((family) => [family.name, family] as const))(
    'fixes name, type, labels, buckets and aggregation of %s',
    (name, family) => {
      const seed = SEED.metrics.find((metric) => metric.name === name);
      expect(shape(family)).toEqual({
        name,
        type: seed?.type,
        labels: seed?.labels,
        buckets: seed?.buckets,
        // Notes of the contract follow in parentheses; ratios are written out.
        aggregate: seed?.aggregate.includes(' / ') ? 'ratio' : seed?.aggregate.replace(/ \(.*\)$/, ''),
      });
    },
  );

  it.each(
    contractFamilies
      .filter(({ name }) => Object.hasOwn(SEED.help, name))
      .map(({ name, help }) => [name, help]),
  )('gives %s its HELP text', (name, help) => {
    expect(help).toContain(SEED.help[name]);
  });

  it('fixes the defaults of prefix and path, and the media type', () => {
    expect(DEFAULT_PREFIX).toBe(SEED.defaultPrefix);
    expect(DEFAULT_OPTIONS.prefix).toBe(SEED.defaultPrefix);
    expect(DEFAULT_OPTIONS.path).toBe(SEED.endpoint.path);
    expect(textFormat.contentType).toBe(SEED.endpoint.headers['Content-Type']);
  });
});

describe('the catalog', () => {
  it('lists every family that a topic defines', async () => {
    const folder = new URL('../../../src/catalog/', import.meta.url);
    const topics = readdirSync(folder).filter((file) => file.endsWith('.catalog.ts'));
    const modules = await Promise.all(
      topics.map((file) => import(new URL(file, folder).href) as Promise<object>),
    );
    const defined = modules.flatMap((module) => Object.values(module) as CatalogFamily[]);
    const names = defined.flatMap(({ name }) => name ?? []);
    expect(CATALOG.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  it('names every family once, and marks as contract what the contract names', () => {
    const names = CATALOG.map(({ name }) => name);
    expect(names).toHaveLength(new Set(names).size);
    expect(names.length).toBeGreaterThanOrEqual(8);
    const unmarked = CATALOG.filter(({ name, contract }) => contractNames.includes(name) && !contract);
    expect(unmarked).toEqual([]);
  });

  it('has no two families whose samples share a name', () => {
    const sampleNames = CATALOG.flatMap(({ name, type }) =>
      type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    expect(sampleNames).toHaveLength(new Set(sampleNames).size);
  });

  it('has no label that Prometheus sets itself, but the `job` of scheduled jobs, and says what becomes of it', () => {
    const reserved = CATALOG.filter(({ labelNames }) =>
      labelNames.some((label) => /^(job|instance|le|quantile|__.*)$/.test(label)),
    );
    expect(reserved.map(({ name }) => name)).toEqual(
      CATALOG.filter(({ group }) => group === 'Schedules').map(({ name }) => name),
    );
    for (const { labelNames, meaning } of reserved) {
      expect(labelNames).toContain('job');
      expect(labelNames.filter((label) => label !== 'job' && label !== 'outcome')).toEqual([]);
      expect(meaning).toContain('`exported_job`');
    }
  });

  describe.each(CATALOG.map((family) => [family.name, family] as const))('%s', (name, family) => {
    it('ends in _total exactly when it is a counter', () => {
      // `db_pool_total` is the contract's exception.
      expect(name.endsWith('_total')).toBe(family.type === 'counter' || name === 'db_pool_total');
    });

    it('is snake_case, and has no prefix of its own', () => {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect(name.startsWith(DEFAULT_PREFIX)).toBe(false);
    });

    it('has a HELP text of one line that starts with a capital and ends in a full stop', () => {
      expect(family.help).toMatch(/^[A-Z][^\n]*[^.\s]\.$/);
    });

    it('can be exported under the default prefix', () => {
      const exported = { ...family, name: metricName(family, DEFAULT_PREFIX) };
      expect(exported.name).toBe(`hyperdjango_${name}`);
      expect(() => assertDefinition(exported)).not.toThrow();
    });

    it('has buckets exactly when it is a histogram, and a place in the documentation', () => {
      expect(family.buckets !== undefined).toBe(family.type === 'histogram');
      expect(family.group).not.toBe('');
      expect(family.when).not.toBe('');
    });
  });
});
