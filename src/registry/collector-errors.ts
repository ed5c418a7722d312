import type { Counter } from '../core/metric/counter.js';

/** Counts values that could not be read, by collector: `metrics_collector_errors_total`. */
export class CollectorErrors {
  private readonly expected = new Set<string>();
  private isExported = false;

  /** @param family - returns the counter; throws while the host has another metric of that name */
  constructor(private readonly family: () => Counter) {}

  /** Never throws. */
  count(collector: string): void {
    try {
      this.family().inc([collector]);
    } catch {
      // The counter is not available.
    }
  }

  /** Exports the errors of these collectors from 0 on: now, or when {@link export} is called. */
  expect(collectors: readonly string[]): void {
    collectors.forEach((collector) => this.expected.add(collector));
    if (this.isExported) {
      this.prepare(collectors);
    }
  }

  /** Exports the errors of all expected collectors from 0 on, so that `rate()` sees the first error. */
  export(): void {
    this.isExported = true;
    this.prepare([...this.expected]);
  }

  private prepare(collectors: readonly string[]): void {
    try {
      const family = this.family();
      collectors.forEach((collector) => family.labels(collector));
    } catch {
      // The counter is not available.
    }
  }
}
