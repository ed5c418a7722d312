import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../src/core/metric/counter.js';
import type { FamilyDefinition } from '../../src/core/family-definition.js';
import { Gauge } from '../../src/core/metric/gauge.js';
import type { Sample } from '../../src/core/samples.js';
import { openMetricsFormat } from '../../src/exposition/open-metrics-format.js';
import { renderExposition } from '../../src/exposition/render.js';
import { RegistryLease } from '../../src/registry/registry-lease.js';
import type { AnyFamily } from '../../src/registry/create-family.js';
import { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../src/service/expose-as-text.js';
import { HOST_CLIENTS, type HostClient, jsonSamples, type OwnMetric } from '../support/host-clients.js';
import { inOpenMetrics } from '../support/open-metrics-sums.js';
import { parseExposition } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';
import { definitions, hostDefaultLabels, labelPool, type Operation, operations } from './arbitraries.js';
import { valueFor } from './recording.js';

/*
 * The clients themselves as the model: the same operations on a metric of theirs and on a family of ours, in one
 * registry. Label values are plain here: the clients' keys let others fall together ("a:1,b" and so on).
 */

const OURS = 'ours_';
const THEIRS = 'theirs_';
const LABELS = ['queue', 'state', 'a', 'A', '_', 'name', 'value'];
const plainText = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '"', '\\', '\n'),
  minLength: 1,
  maxLength: 3,
});

function own(client: HostClient, definition: FamilyDefinition, registers: OwnMetricRegisters): OwnMetric {
  const { name, help, labelNames, buckets, type } = definition;
  const config = { name: THEIRS + name, help, labelNames, registers };
  if (type === 'histogram') {
    return new client.Histogram({ ...config, ...(buckets && { buckets }) });
  }
  return type === 'counter' ? new client.Counter(config) : new client.Gauge(config);
}

type OwnMetricRegisters = ConstructorParameters<HostClient['Counter']>[0]['registers'] & {};

function perform(operation: Operation, ours: AnyFamily, theirs: OwnMetric, pool: readonly string[]): void {
  const { labelNames } = ours.definition;
  const labels = Object.fromEntries(
    labelNames.map((name, index) => [name, pool[operation.picks[index] ?? 0] as string]),
  );
  const value = valueFor(ours, operation);
  if (operation.kind === 'remove') {
    // Of an unlabelled metric the clients lose the only series until it is recorded to again.
    if (labelNames.length > 0) {
      ours.remove(labels);
      theirs.remove(labels);
    }
  } else if (operation.kind === 'reset') {
    // An unlabelled histogram of the clients has no samples after a reset; ours has zeros.
    if (labelNames.length > 0 || ours.definition.type !== 'histogram') {
      ours.reset();
      theirs.reset();
    }
  } else if (ours instanceof Counter) {
    ours.inc(labels, value);
    theirs.inc(labels, value);
  } else if (ours instanceof Gauge) {
    const method = operation.kind === 'decrease' ? 'dec' : operation.kind === 'increase' ? 'inc' : 'set';
    ours[method](labels, value);
    theirs[method](labels, value);
  } else if (!ours.upperBounds.includes(-1) || value <= Math.max(...ours.upperBounds)) {
    // What is above all bounds the clients count below -1, where that is a bound.
    ours.observe(labels, value);
    theirs.observe(labels, value);
  }
}

/** The samples under a prefix, without it, whatever the order of the metrics. */
const under = (prefix: string, samples: readonly Sample[]): Sample[] =>
  samples
    .filter(({ name }) => name.startsWith(prefix))
    .map((sample) => ({ ...sample, name: sample.name.slice(prefix.length), value: sample.value + 0 }));

describe.each(HOST_CLIENTS)('families of ours and metrics of %s after the same operations', (_, client) => {
  it('have the same samples in our text, OpenMetrics, the host’s text and its JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        definitions(LABELS),
        hostDefaultLabels,
        labelPool(plainText) as fc.Arbitrary<string[]>,
        operations(['record', 'increase', 'decrease', 'remove', 'reset']),
        async (families, hostLabels, pool, steps) => {
          const host = new client.Registry();
          const registry = new MetricsRegistry(host, 'app_');
          const application = new RegistryLease(registry);
          const pairs = families.map((definition) => ({
            ours: application.customFamily({ ...definition, name: OURS + definition.name }) as AnyFamily,
            theirs: own(client, definition, [host]),
          }));
          steps.forEach((step) => {
            const { ours, theirs } = pairs[step.family % pairs.length] as (typeof pairs)[0];
            perform(step, ours, theirs, pool);
          });
          host.setDefaultLabels(hostLabels);
          const text = parseExposition(await host.metrics()).samples;
          const reference = under(THEIRS, text);
          expect(under(OURS, text)).toEqual(reference);
          const { samples } = parseExposition(await exposeAsText(registry));
          expect(under(OURS, samples)).toEqual(reference);
          expect(under(THEIRS, samples)).toEqual(reference);
          const { chunks } = await renderExposition(openMetricsFormat, await registry.gather());
          const openMetrics = parseOpenMetrics(Buffer.concat(chunks)).samples;
          expect(under(OURS, openMetrics)).toEqual(inOpenMetrics(reference));
          expect(under(THEIRS, openMetrics)).toEqual(inOpenMetrics(reference));
          const json = jsonSamples(await host.getMetricsAsJSON());
          expect(under(OURS, json)).toEqual(under(THEIRS, json));
        },
      ),
      { numRuns: 100 },
    );
  });
});
