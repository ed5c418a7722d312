import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { HostMetric, HostMetricValues, HostRegistry } from '../core/host-registry.interface.js';
import type { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { type ForeignShape, foreignSnapshot } from './foreign-metric.js';
import type { GatherDeadline } from './gather-deadline.js';
import { RegistryEntry } from './registry-entry.js';

/** The shape of a metric in its last scrape. */
interface KeptShape extends ForeignShape {
  readonly metric: HostMetric;
}

/** At the index of the metric: metrics seldom disappear, and new ones are appended. A map would cost more than the conversion. */
type Shapes = readonly (KeptShape | undefined)[];

/** The shapes of each host's metrics in its last scrape. */
const lastShapes = new WeakMap<HostRegistry, Shapes>();

/** What a {@link ForeignGather} needs of its gather. */
export interface ForeignGatherContext {
  readonly constantLabels: Readonly<Record<string, string>>;
  readonly deadline: GatherDeadline;
  readonly slices: EventLoopSlices;
  readonly fail: (metric: unknown, error: unknown) => void;
}

interface ReadMetric {
  readonly metric: HostMetric;
  readonly index: number;
  readonly values: HostMetricValues;
}

/**
 * Reads all metrics that the host created with its own client. `get()` of all metrics is called first, as some are asynchronous;
 * their values are then converted one by one, in slices. A host may have tens of thousands of metrics, so that none has a timer or
 * promise of its own here.
 */
export class ForeignGather {
  private readonly shapes: (KeptShape | undefined)[] = [];
  private readonly previous: Shapes;
  private readonly answers: ReadMetric[] = [];
  /** The number of metrics whose `get()` has not settled. */
  private pending = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly host: HostRegistry,
    private readonly context: ForeignGatherContext,
  ) {
    this.previous = lastShapes.get(host) ?? [];
  }

  /** Writes the snapshot of each foreign metric to `snapshots`, at the metric's index in `metrics`. Never rejects. */
  async read(
    metrics: readonly unknown[],
    snapshots: { [index: number]: FamilySnapshot | undefined },
  ): Promise<void> {
    const { slices } = this.context;
    for (let index = 0; index < metrics.length; index += 1) {
      if (!(metrics[index] instanceof RegistryEntry)) {
        if (slices.isOver) {
          await slices.next();
        }
        this.ask(metrics[index] as HostMetric, index);
      }
    }
    for (let next = 0; next < this.answers.length || this.pending > 0;) {
      const answer = this.answers[next];
      if (answer === undefined) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      next += 1;
      try {
        const steps = this.convert(answer);
        let step = steps.next();
        while (step.done !== true) {
          if (slices.isOver) {
            await slices.next();
          }
          step = steps.next();
        }
        snapshots[answer.index] = step.value;
        this.keepShape(answer, step.value);
      } catch (error) {
        this.context.fail(answer.metric, error);
      }
      if (slices.isOver) {
        await slices.next();
      }
    }
    lastShapes.set(this.host, this.shapes);
  }

  private ask(metric: HostMetric, index: number): void {
    this.pending += 1;
    const fail = (error: unknown): void => {
      this.context.fail(metric, error);
      this.settled();
    };
    try {
      this.context.deadline.settle(
        metric.get(),
        (values) => {
          this.answers.push({ metric, index, values });
          this.settled();
        },
        fail,
      );
    } catch (error) {
      fail(error);
    }
  }

  private settled(): void {
    this.pending -= 1;
    this.wake?.();
  }

  private lastShape({ metric, index }: ReadMetric): KeptShape | undefined {
    const last = this.previous[index];
    return last?.metric === metric ? last : undefined;
  }

  private keepShape(answer: ReadMetric, { descriptor, labelRows }: FamilySnapshot): void {
    const { metric, index } = answer;
    const last = this.lastShape(answer);
    const isSame = last?.descriptor === descriptor && last.labelRows === labelRows;
    this.shapes[index] = isSame ? last : { metric, descriptor, labelRows };
  }

  private convert(answer: ReadMetric): Generator<void, FamilySnapshot> {
    const { metric, values } = answer;
    const last = this.lastShape(answer);
    const name = last?.descriptor.name === metric.name ? metric.name : registeredName(this.host, metric);
    return foreignSnapshot(name, values, this.context.constantLabels, last);
  }
}

/** Returns the registered name of a metric: prom-client's OpenMetrics rendering strips `_total` from a counter's `name`. */
function registeredName(host: HostRegistry, metric: HostMetric): string {
  if (host.getSingleMetric(metric.name) === metric) {
    return metric.name;
  }
  const full = `${metric.name}_total`;
  return host.getSingleMetric(full) === metric ? full : metric.name;
}
