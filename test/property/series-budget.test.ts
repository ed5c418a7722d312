import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../src/core/metric/counter.js';
import { Gauge } from '../../src/core/metric/gauge.js';
import { samplesOf } from '../../src/core/samples.js';
import { RegistryLease } from '../../src/registry/registry-lease.js';
import type { AnyFamily } from '../../src/registry/create-family.js';
import { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import { HOST_CLIENTS } from '../support/host-clients.js';

const definition = { help: 'Help.', labelNames: ['id', 'queue'] };
const FAMILIES = [
  { ...definition, name: 'a_total', type: 'counter' },
  { ...definition, name: 'b', type: 'gauge' },
  { ...definition, name: 'c', type: 'histogram', buckets: [1] },
] as const;

const step = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('record' as const) },
    fc.constantFrom('remove' as const, 'reset' as const),
  ),
  family: fc.nat(2),
  id: fc.nat(9),
});

function record(family: AnyFamily, labels: string[]): void {
  if (family instanceof Counter) {
    family.inc(labels);
  } else if (family instanceof Gauge) {
    family.inc(labels);
  } else {
    family.observe(labels, 1);
  }
}

/** How many samples a family holds: each was one. */
function samplesIn(family: AnyFamily): number {
  const total = family.definition.type === 'histogram' ? `${family.definition.name}_count` : undefined;
  return samplesOf(family.snapshot())
    .filter(({ name }) => total === undefined || name === total)
    .reduce((sum, { value }) => sum + value, 0);
}

const seriesOf = (family: AnyFamily): readonly (string | undefined)[] =>
  family.snapshot().labelRows.map((row) => row[0]);

describe.each(HOST_CLIENTS)('under a series budget, in a registry of %s', (_, client) => {
  it('families stay within it, lose no sample, and count every sample that went elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        async (perFamily, total, steps) => {
          const registry = new MetricsRegistry(new client.Registry(), 'app_');
          const application = new RegistryLease(registry);
          application.configure({ seriesBudget: { perFamily, total } });
          const families: readonly AnyFamily[] = FAMILIES.map((one) => application.customFamily(one));
          let dropped = 0;
          let lost = 0;
          for (const { kind, family: index, id } of steps) {
            const family = families[index] as AnyFamily;
            const labels = [`${id}`, 'mail'];
            if (kind === 'remove') {
              family.remove(...labels);
            } else if (kind === 'reset') {
              family.reset();
            } else {
              const before = samplesIn(family);
              record(family, labels);
              lost += before + 1 - samplesIn(family);
              dropped += seriesOf(family).includes(`${id}`) ? 0 : 1;
            }
            const own = families.flatMap((one) => seriesOf(one).filter((series) => series !== 'other'));
            expect(seriesOf(family).length).toBeLessThanOrEqual(perFamily + 1);
            expect(own.length).toBeLessThanOrEqual(total);
          }
          expect(lost).toBe(0);
          const counted = (await registry.gather()).find(
            ({ descriptor }) => descriptor.name === 'app_metrics_series_dropped_total',
          );
          expect(counted?.values.reduce((sum, value) => sum + value, 0) ?? 0).toBe(dropped);
        },
      ),
      { numRuns: 60 },
    );
  });
});
