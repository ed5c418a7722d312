import type { Counter } from '../core/metric/counter.js';

/** Counts values that could not be read, by what should have given them: `metrics_collector_errors_total`. */
export class CollectorErrors {
  private readonly expected = new Set<string>();
  private isExported = false;

  /** @param family - throws while the host has another metric of that name */
  constructor(private readonly family: () => Counter) {}

  /** Never throws. */
  count(collector: string): void {
    try {
      this.family().inc([collector]);
    } catch {
      // There is nowhere left to count.
    }
  }

  /** Exports the errors of these from 0 on: now, or when an application begins to {@link export} errors. */
  expect(collectors: readonly string[]): void {
    collectors.forEach((collector) => this.expected.add(collector));
    if (this.isExported) {
      this.prepare(collectors);
    }
  }

  /** Exports the errors of all that are expected, so that `rate()` sees the first one. */
  export(): void {
    this.isExported = true;
    this.prepare([...this.expected]);
  }

  private prepare(collectors: readonly string[]): void {
    try {
      const family = this.family();
      collectors.forEach((collector) => family.labels(collector));
    } catch {
      // There is nowhere to count.
    }
  }
}
