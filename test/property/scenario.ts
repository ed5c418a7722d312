import { Counter } from '../../src/core/metric/counter.js';
import type { FamilyDefinition } from '../../src/core/family-definition.js';
import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { Gauge } from '../../src/core/metric/gauge.js';
import type { LabelsByName, LabelValue } from '../../src/core/metric/labels.js';
import type { Sample } from '../../src/core/samples.js';
import { RegistryLease } from '../../src/registry/registry-lease.js';
import type { AnyFamily } from '../../src/registry/create-family.js';
import { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import type { HostClient } from '../support/host-clients.js';
import { inOpenMetrics } from '../support/open-metrics-sums.js';
import { type Operation, textOf } from './arbitraries.js';
import { ModelFamily } from './model.js';
import { type Reading, readEverywhere } from './reading.js';
import {
  type AnyChild,
  type AnyLabels,
  type Method,
  recordOnChild,
  recordOnFamily,
  valueFor,
} from './recording.js';

interface Member {
  readonly family: AnyFamily;
  readonly model: ModelFamily;
}

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
  private readonly snapshots: { readonly snapshot: FamilySnapshot; readonly expected: readonly Sample[] }[] =
    [];
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
    const application = new RegistryLease(this.registry);
    application.configure({ defaultLabels: ownLabels });
    this.members = definitions.map((definition) => ({
      family: application.customFamily(definition) as AnyFamily,
      model: new ModelFamily(definition),
    }));
  }

  /** Every reading on the way and at the end, next to what it should be. */
  async run(
    steps: readonly Operation[],
  ): Promise<{ readonly actual: Reading; readonly expected: Reading }[]> {
    const readings = [];
    for (const step of steps) {
      if (step.kind === 'scrape') {
        readings.push(await this.read());
      } else {
        this.apply(step);
      }
    }
    return [...readings, await this.read()];
  }

  private apply(operation: Operation): void {
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
        return;
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

  private async read(): Promise<{ readonly actual: Reading; readonly expected: Reading }> {
    const samples = this.expectedSamples();
    const expected = {
      text: samples,
      hostText: samples,
      hostJson: samples.map((sample) => this.asInJson(sample)),
      gathered: samples,
      openMetrics: inOpenMetrics(samples),
      types: Object.fromEntries(
        this.members.map(({ family: { definition } }) => [definition.name, definition.type]),
      ),
      openMetricsTypes: this.openMetricsMetadata(({ name, type }) =>
        type === 'counter' && !name.endsWith('_total') ? 'unknown' : type,
      ),
      openMetricsHelp: this.openMetricsMetadata(({ help }) => help),
      snapshots: this.snapshots.map((one) => one.expected),
    };
    const actual = await readEverywhere(
      this.registry,
      this.host,
      this.snapshots.map(({ snapshot }) => snapshot),
    );
    this.isInHost = true;
    return { actual, expected };
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
      default: {
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
    const { family } = member;
    if (family instanceof Counter) {
      return;
    }
    if (family instanceof Gauge) {
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

  private keepSnapshot({ family, model }: Member): void {
    this.snapshots.push({ snapshot: family.snapshot(), expected: model.samples({}) });
  }
}

function isPromClient(client: HostClient): boolean {
  return !('ClusterRegistry' in client);
}
