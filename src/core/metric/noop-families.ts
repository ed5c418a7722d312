import { Counter, CounterChild } from './counter.js';
import { Gauge, GaugeChild } from './gauge.js';
import { Histogram, HistogramChild } from './histogram.js';

/* The families of a module with `enabled: false`. They can be injected, called and read, and record nothing. */

class NoopCounterChild extends CounterChild {
  override inc(): void {}
}

class NoopGaugeChild extends GaugeChild {
  override set(): void {}
  override inc(): void {}
}

class NoopHistogramChild extends HistogramChild {
  override observe(): void {}
}

/** A counter that stays at 0. */
export class NoopCounter<Label extends string = string> extends Counter<Label> {
  private readonly sink = new NoopCounterChild(this, [], 0);

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
export class NoopGauge<Label extends string = string> extends Gauge<Label> {
  private readonly sink = new NoopGaugeChild(this, [], 0);

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
export class NoopHistogram<Label extends string = string> extends Histogram<Label> {
  private readonly sink = new NoopHistogramChild(this, [], 0);

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
