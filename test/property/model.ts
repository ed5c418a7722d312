import type { FamilyDefinition } from '../../src/core/family-definition.js';
import type { Sample } from '../../src/core/samples.js';

/** Numbers written down as they come: of a histogram every observation, of others the value. */
interface ModelSeries {
  readonly row: readonly string[];
  value: number;
  readonly observed: number[];
}

/** What a family should hold, by the simplest means. */
export class ModelFamily {
  private readonly series = new Map<string, ModelSeries>();

  constructor(readonly definition: FamilyDefinition) {
    this.keepOnlySeries();
  }

  /** The series of `row`, at 0 and last when new. */
  at(row: readonly string[]): ModelSeries {
    const key = JSON.stringify(row);
    const series = this.series.get(key) ?? { row, value: 0, observed: [] };
    this.series.set(key, series);
    return series;
  }

  remove(row: readonly string[]): void {
    this.series.delete(JSON.stringify(row));
    this.keepOnlySeries();
  }

  reset(): void {
    this.series.clear();
    this.keepOnlySeries();
  }

  samples(defaultLabels: Readonly<Record<string, string>>): Sample[] {
    return [...this.series.values()].flatMap((series) => this.seriesSamples(series, defaultLabels));
  }

  /** An unlabelled family always has its one series. */
  private keepOnlySeries(): void {
    if (this.definition.labelNames.length === 0) {
      this.at([]);
    }
  }

  private seriesSamples(series: ModelSeries, defaultLabels: Readonly<Record<string, string>>): Sample[] {
    const { name, type, labelNames, buckets = [] } = this.definition;
    const own = Object.fromEntries(labelNames.map((label, index) => [label, series.row[index] ?? '']));
    const labels = { ...defaultLabels, ...own };
    if (type !== 'histogram') {
      return [{ name, labels, value: series.value + 0 }];
    }
    const { observed } = series;
    const parts = [...buckets, Infinity].map((bound) => ({
      name: `${name}_bucket`,
      labels: { ...labels, le: bound === Infinity ? '+Inf' : `${bound}` },
      value: observed.filter((value) => value <= bound).length,
    }));
    const sum = observed.reduce((total, value) => total + value, 0);
    return [
      ...parts,
      { name: `${name}_sum`, labels, value: sum + 0 },
      { name: `${name}_count`, labels, value: observed.length },
    ];
  }
}
