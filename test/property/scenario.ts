import { expect } from 'vitest';
import { Counter, type CounterChild } from '../../src/core/counter.js';
import type { FamilyDefinition } from '../../src/core/family-definition.js';
import { Gauge, type GaugeChild } from '../../src/core/gauge.js';
import type { HistogramChild } from '../../src/core/histogram.js';
import type { LabelsByName, LabelValue } from '../../src/core/labels.js';
import { type Sample, samplesOf } from '../../src/core/samples.js';
import { ApplicationRegistry } from '../../src/registry/application-registry.js';
import type { AnyFamily } from '../../src/registry/create-family.js';
import { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import { openMetricsFormat } from '../../src/exposition/open-metrics-format.js';
import { renderExposition } from '../../src/exposition/render.js';
import { exposeAsText } from '../../src/service/expose-as-text.js';
import { type HostClient, jsonSamples } from '../support/host-clients.js';
import { parseExposition } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';
import { type Operation, textOf } from './arbitraries.js';
import { ModelFamily } from './model.js';

type AnyChild = CounterChild | GaugeChild | HistogramChild;
type AnyLabels = LabelsByName<string> | readonly LabelValue[];

interface Member {
  readonly family: AnyFamily;
  readonly model: ModelFamily;
}

/** What is done to a gauge; other families have one way to record. */
type Method = 'set' | 'inc' | 'dec';

interface Target {
  readonly row: readonly string[];
  readonly record: (value: number, method: Method) => void;
}

/** Families in a host's registry next to their models, and the operations on both. */
export class Scenario {
  readonly host;
  readonly registry;
  private readonly members: readonly Member[];
  private readonly kept = new Map<string, AnyChild>();
  private readonly timers: { readonly member: Member; readonly row: string[]; stop(): number }[] = [];
  private readonly snapshots: { readonly member: Member; readonly check: () => void }[] = [];
  private isInHost = true;
  private hostLabels: Record<string, string | number> = {};

  constructor(
    private readonly client: HostClient,
    definitions: readonly FamilyDefinition[],
    private readonly ownLabels: Readonly<Record<string, string>>,
    private readonly labelsOfHost: Readonly<Record<string, string | number>>,
    private readonly pool: readonly LabelValue[],
  ) {
    this.host = new client.Registry();
    this.registry = new MetricsRegistry(this.host, 'app_');
    const application = new ApplicationRegistry(this.registry);
    application.configure({ defaultLabels: ownLabels });
    this.members = definitions.map((definition) => ({
      family: application.customFamily(definition) as AnyFamily,
      model: new ModelFamily(definition),
    }));
  }

  async apply(operation: Operation): Promise<void> {
    const member = this.members[operation.family % this.members.length] as Member;
    const { family, model } = member;
    const values = this.valuesFor(member, operation);
    const row = values.map(textOf);
    switch (operation.kind) {
      case 'record':
        return this.record(member, operation, 'set');
      case 'increase':
        return this.record(member, operation, 'inc');
      case 'decrease':
        return this.record(member, operation, 'dec');
      case 'start timer':
        return this.startTimer(member, values, row);
      case 'stop timer':
        return this.stopTimer();
      case 'touch':
        family.labels(...values);
        model.at(row);
        return;
      case 'remove':
        family.remove(...values);
        model.remove(row);
        return;
      case 'reset':
        family.reset();
        model.reset();
        return;
      case 'snapshot':
        return this.keepSnapshot(member);
      case 'scrape':
        return this.expectAgreement();
      case 'reset host':
        this.host.resetMetrics();
        if (this.isInHost) {
          this.members.forEach((one) => one.model.reset());
        }
        return;
      case 'clear host':
        this.host.clear();
        this.isInHost = false;
        this.hostLabels = {};
        return;
      case 'label host':
        this.host.setDefaultLabels(this.labelsOfHost);
        this.hostLabels = this.labelsOfHost;
        return;
    }
  }

  /** Every way to read the families gives what the models hold, in the same order. */
  async expectAgreement(): Promise<void> {
    const expected = this.expectedSamples();
    const ours = parseExposition(await exposeAsText(this.registry));
    this.isInHost = true;
    expect(ours.samples).toEqual(expected);
    expect(ours.types).toEqual(
      Object.fromEntries(
        this.members.map(({ family: { definition } }) => [definition.name, definition.type]),
      ),
    );
    expect(parseExposition(await this.host.metrics()).samples).toEqual(expected);
    const gathered = await this.registry.gather();
    expect(gathered.flatMap(samplesOf).map(normal)).toEqual(expected);
    const { chunks } = await renderExposition(openMetricsFormat, gathered);
    const openMetrics = parseOpenMetrics(Buffer.concat(chunks));
    expect(openMetrics.samples).toEqual(expected);
    expect(openMetrics.help).toEqual(this.openMetricsMetadata(({ help }) => help));
    expect(openMetrics.types).toEqual(
      this.openMetricsMetadata(({ name, type }) =>
        type === 'counter' && !name.endsWith('_total') ? 'unknown' : type,
      ),
    );
    const json = jsonSamples(await this.host.getMetricsAsJSON());
    expect(json.map(normal)).toEqual(expected.map((sample) => this.asInJson(sample)));
    this.snapshots.forEach(({ check }) => check());
  }

  private expectedSamples(): Sample[] {
    const hostLabels = Object.entries(this.hostLabels).map(([name, value]) => [name, String(value)]);
    const labels = { ...Object.fromEntries(hostLabels), ...this.ownLabels };
    return this.members.flatMap(({ model }) => model.samples(labels));
  }

  /** What OpenMetrics says of each family, by the name it has there. */
  private openMetricsMetadata(read: (definition: FamilyDefinition) => string): Record<string, string> {
    return Object.fromEntries(
      this.members.map(({ family: { definition } }) => [
        definition.type === 'counter' ? definition.name.replace(/_total$/, '') : definition.name,
        read(definition),
      ]),
    );
  }

  /** In its JSON, prom-client lets default labels of the host win over empty labels; in its text it does not. */
  private asInJson(sample: Sample): Sample {
    if (!isPromClient(this.client)) {
      return sample;
    }
    const labels = Object.entries(sample.labels).map(([name, value]) => [
      name,
      value === '' && Object.hasOwn(this.hostLabels, name) ? String(this.hostLabels[name]) : value,
    ]);
    return { ...sample, labels: Object.fromEntries(labels) };
  }

  /** The values that an operation gives, `undefined` for what it leaves out. */
  private valuesFor({ family }: Member, { picks, form }: Operation): LabelValue[] {
    const { labelNames } = family.definition;
    return labelNames.map((_, index) =>
      (form === 'left out' || form === 'undefined') && index === labelNames.length - 1
        ? ''
        : (this.pool[picks[index] ?? 0] as LabelValue),
    );
  }

  private record(member: Member, operation: Operation, method: Method): void {
    const value = valueFor(member.family, operation);
    const { row, record } = this.target(member, operation);
    record(value, method);
    const series = member.model.at(row);
    if (member.family.definition.type === 'histogram') {
      series.observed.push(value);
    } else if (member.family.definition.type === 'counter' || method === 'inc') {
      series.value += value;
    } else {
      series.value = method === 'dec' ? series.value - value : value;
    }
  }

  private target(member: Member, operation: Operation): Target {
    const { family, model } = member;
    const values = this.valuesFor(member, operation);
    const row = values.map(textOf);
    const onFamily = (labels: AnyLabels): Target => ({
      row,
      record: (value, method) => recordOnFamily(family, labels, value, method),
    });
    const onChild = (child: AnyChild): Target => ({
      row: child.labelRow,
      record: (value, method) => recordOnChild(child, value, method),
    });
    const { labelNames } = family.definition;
    const entries = labelNames.map((name, index): [string, LabelValue] => [name, values[index] ?? '']);
    switch (operation.form) {
      case 'object':
        return onFamily(Object.fromEntries(entries));
      case 'reversed object':
        return onFamily(Object.fromEntries(entries.toReversed()));
      case 'array':
        return onFamily(values);
      case 'left out':
        return onFamily(Object.fromEntries(entries.slice(0, -1)));
      case 'undefined':
        return onFamily(
          Object.fromEntries(
            entries.map(([name, value], index) => [
              name,
              index === entries.length - 1 ? (undefined as never) : value,
            ]),
          ),
        );
      case 'child by values':
        return onChild(family.labels(...values));
      case 'child by object':
        return onChild(family.labels(Object.fromEntries(entries)));
      case 'kept child': {
        const key = `${operation.slot} ${family.definition.name}`;
        const child = this.kept.get(key) ?? family.labels(...values);
        if (!this.kept.has(key)) {
          model.at(row);
        }
        this.kept.set(key, child);
        return onChild(child);
      }
    }
  }

  private startTimer(member: Member, values: LabelValue[], row: string[]): void {
    const { family, model } = member;
    if (family instanceof Counter) {
      return;
    }
    if (family instanceof Gauge) {
      // A gauge's series is there from the start of the timer.
      model.at(row);
      this.timers.push({ member, row, stop: family.startTimer(values) });
      return;
    }
    const entries = family.definition.labelNames.map((name, index) => [name, values[index]]);
    const stop = family.startTimer(Object.fromEntries(entries) as LabelsByName<string>);
    this.timers.push({ member, row, stop });
  }

  private stopTimer(): void {
    const timer = this.timers.shift();
    if (timer === undefined) {
      return;
    }
    const seconds = timer.stop();
    const series = timer.member.model.at(timer.row);
    if (timer.member.family instanceof Gauge) {
      series.value = seconds;
    } else {
      series.observed.push(seconds);
    }
  }

  private keepSnapshot(member: Member): void {
    const snapshot = member.family.snapshot();
    const then = member.model.samples({});
    const check = (): void => expect(samplesOf(snapshot).map(normal)).toEqual(then);
    check();
    this.snapshots.push({ member, check });
  }
}

function isPromClient(client: HostClient): boolean {
  return !('ClusterRegistry' in client);
}

function recordOnFamily(family: AnyFamily, labels: AnyLabels, value: number, method: Method): void {
  if (family instanceof Counter) {
    family.inc(labels, value);
  } else if (family instanceof Gauge) {
    family[method](labels, value);
  } else {
    family.observe(labels, value);
  }
}

function recordOnChild(child: AnyChild, value: number, method: Method): void {
  if ('observe' in child) {
    child.observe(value);
  } else if ('set' in child) {
    child[method](value);
  } else {
    child.inc(value);
  }
}

/** A number that the family takes. */
export function valueFor(family: AnyFamily, { value, bound }: Operation): number {
  const { type, buckets = [0] } = family.definition;
  if (type === 'gauge') {
    return value;
  }
  if (type === 'counter') {
    return Number.isFinite(value) ? Math.abs(value) : 1;
  }
  return bound === undefined && Number.isFinite(value)
    ? value
    : (buckets[(bound ?? 0) % buckets.length] as number);
}

/** No format tells -0 from 0. */
function normal(sample: Sample): Sample {
  return { ...sample, value: sample.value + 0 };
}
