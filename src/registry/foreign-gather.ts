import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { HostMetric, HostMetricValues, HostRegistry } from '../core/host-registry.interface.js';
import type { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { type ForeignShape, foreignSnapshot } from './foreign-metric.js';
import type { GatherDeadline } from './gather-deadline.js';
import { RegistryEntry } from './registry-entry.js';

type Shapes = ReadonlyMap<HostMetric, ForeignShape>;

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
  private readonly shapes = new Map<HostMetric, ForeignShape>();
  private readonly previous: Shapes;
  private readonly answers: ReadMetric[] = [];
  /** The number of metrics whose `get()` has not settled. */
  private pending = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly host: HostRegistry,
    private readonly context: ForeignGatherContext,
  ) {
    this.previous = lastShapes.get(host) ?? new Map();
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
        this.keepShape(answer.metric, step.value);
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
    const settled = (): void => {
      this.pending -= 1;
      this.wake?.();
    };
    const fail = (error: unknown): void => {
      this.context.fail(metric, error);
      settled();
    };
    try {
      this.context.deadline.settle(
        metric.get(),
        (values) => {
          this.answers.push({ metric, index, values });
          settled();
        },
        fail,
      );
    } catch (error) {
      fail(error);
    }
  }

  private keepShape(metric: HostMetric, { descriptor, labelRows }: FamilySnapshot): void {
    const last = this.previous.get(metric);
    const isSame = last?.descriptor === descriptor && last.labelRows === labelRows;
    this.shapes.set(metric, isSame ? last : { descriptor, labelRows });
  }

  private convert({ metric, values }: ReadMetric): Generator<void, FamilySnapshot> {
    const name = registeredName(this.host, metric);
    return foreignSnapshot(name, values, this.context.constantLabels, this.previous.get(metric));
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
