import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { type Sample, samplesOf } from '../../src/core/samples.js';
import { openMetricsFormat } from '../../src/exposition/open-metrics-format.js';
import { renderExposition } from '../../src/exposition/render.js';
import type { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../src/service/expose-as-text.js';
import { type HostUnderTest, jsonSamples } from '../support/host-clients.js';
import { parseExposition } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';

/** Everything that can be read of the families at one moment, in one shape. */
export interface Reading {
  readonly text: readonly Sample[];
  readonly hostText: readonly Sample[];
  readonly hostJson: readonly Sample[];
  readonly gathered: readonly Sample[];
  readonly openMetrics: readonly Sample[];
  readonly types: Readonly<Record<string, string>>;
  readonly openMetricsTypes: Readonly<Record<string, string>>;
  readonly openMetricsHelp: Readonly<Record<string, string>>;
  /** Those of the snapshots that were taken earlier. */
  readonly snapshots: readonly (readonly Sample[])[];
}

/** Our own scrape comes first: it brings families back that a `clear()` took from the host. */
export async function readEverywhere(
  registry: MetricsRegistry,
  host: HostUnderTest,
  snapshots: readonly FamilySnapshot[],
): Promise<Reading> {
  const ours = parseExposition(await exposeAsText(registry));
  const gathered = await registry.gather();
  const { chunks } = await renderExposition(openMetricsFormat, gathered);
  const openMetrics = parseOpenMetrics(Buffer.concat(chunks));
  return {
    text: ours.samples,
    hostText: parseExposition(await host.metrics()).samples,
    hostJson: jsonSamples(await host.getMetricsAsJSON()).map(normal),
    gathered: gathered.flatMap(samplesOf).map(normal),
    openMetrics: openMetrics.samples,
    types: ours.types,
    openMetricsTypes: openMetrics.types,
    openMetricsHelp: openMetrics.help,
    snapshots: snapshots.map((snapshot) => samplesOf(snapshot).map(normal)),
  };
}

/** No format tells -0 from 0. */
function normal(sample: Sample): Sample {
  return { ...sample, value: sample.value + 0 };
}
