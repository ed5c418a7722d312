import { Counter, CounterChild } from './counter.js';
import { Gauge, GaugeChild } from './gauge.js';
import { Histogram, HistogramChild } from './histogram.js';

/*
 * The families of a switched-off module: they can be injected, called and read like any others, record nothing
 * and keep nothing, whatever labels they are given.
 */

class SilentCounterChild extends CounterChild {
  override inc(): void {}
}

class SilentGaugeChild extends GaugeChild {
  override set(): void {}
  override inc(): void {}
}

class SilentHistogramChild extends HistogramChild {
  override observe(): void {}
}

/** A counter that stays at 0. */
export class SilentCounter<Label extends string = string> extends Counter<Label> {
  private readonly sink = new SilentCounterChild(this, [], 0);

  override child(): CounterChild {
    return this.sink;
  }

  override childOfRow(): CounterChild {
    return this.sink;
  }

  protected override children(): readonly CounterChild[] {
    return [];
  }
}

/** A gauge that stays at 0. */
export class SilentGauge<Label extends string = string> extends Gauge<Label> {
  private readonly sink = new SilentGaugeChild(this, [], 0);

  override child(): GaugeChild {
    return this.sink;
  }

  override childOfRow(): GaugeChild {
    return this.sink;
  }

  protected override children(): readonly GaugeChild[] {
    return [];
  }
}

/** A histogram without observations. */
export class SilentHistogram<Label extends string = string> extends Histogram<Label> {
  private readonly sink = new SilentHistogramChild(this, [], 0);

  override child(): HistogramChild {
    return this.sink;
  }

  override childOfRow(): HistogramChild {
    return this.sink;
  }

  protected override children(): readonly HistogramChild[] {
    return [];
  }
}
