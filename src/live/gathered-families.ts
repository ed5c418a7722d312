import type { CatalogFamily } from '../catalog/catalog-family.js';
import { metricName } from '../catalog/metric-name.js';
import { type FamilySnapshot, widthOf } from '../core/family-snapshot.js';
import type { BucketCounts } from './quantile.js';

/** A family of the catalog, or the full name of a metric that is not ours. */
export type FamilyName = CatalogFamily | string;

/** The families of one gather, by name. Numbers of absent families are `NaN`, never 0. */
export class GatheredFamilies {
  private readonly byName: ReadonlyMap<string, FamilySnapshot>;

  constructor(
    families: readonly FamilySnapshot[],
    private readonly prefix: string,
  ) {
    this.byName = new Map(families.map((family) => [family.descriptor.name, family]));
  }

  /** Returns `undefined` for a family that is absent, or has no series. */
  find(family: FamilyName): FamilySnapshot | undefined {
    const name = typeof family === 'string' ? family : metricName(family, this.prefix);
    const found = this.byName.get(name);
    return found === undefined || found.labelRows.length === 0 ? undefined : found;
  }

  /** Sums all series; for a histogram, the counts of all buckets. */
  sum(family: FamilyName): number {
    return this.fold(family, (sum, value) => sum + value, 0);
  }

  max(family: FamilyName): number {
    return this.fold(family, Math.max, -Infinity);
  }

  min(family: FamilyName): number {
    return this.fold(family, Math.min, Infinity);
  }

  /** Sums the sums of a histogram's series. */
  sumOfSums(family: FamilyName): number {
    const sums = this.find(family)?.sums;
    return sums === undefined ? Number.NaN : sums.reduce((sum, value) => sum + value, 0);
  }

  /** Returns the buckets of a histogram, all series together. */
  buckets(family: FamilyName): BucketCounts | undefined {
    const found = this.find(family);
    const bounds = found?.descriptor.buckets;
    if (found === undefined || bounds === undefined) {
      return undefined;
    }
    const counts = new Float64Array(bounds.length + 1);
    found.values.forEach((count, index) => {
      counts[index % counts.length] = (counts[index % counts.length] as number) + count;
    });
    return { bounds, counts };
  }

  /** Returns the value of a label in the first series. */
  label(family: FamilyName, name: string): string | null {
    const found = this.find(family);
    const position = found?.descriptor.labelNames.indexOf(name) ?? -1;
    return found?.labelRows[0]?.[position] ?? null;
  }

  /**
   * Calls back for each series with the values of some labels, and the position of its first number in `values`. A series without
   * such a label has an empty string.
   */
  eachSeries(
    family: FamilyName,
    labels: readonly string[],
    visit: (values: readonly string[], at: number, snapshot: FamilySnapshot) => void,
  ): void {
    const found = this.find(family);
    if (found === undefined) {
      return;
    }
    const positions = labels.map((label) => found.descriptor.labelNames.indexOf(label));
    const width = widthOf(found);
    found.labelRows.forEach((row, index) => {
      visit(
        positions.map((position) => row[position] ?? ''),
        index * width,
        found,
      );
    });
  }

  private fold(family: FamilyName, combine: (one: number, other: number) => number, start: number): number {
    const found = this.find(family);
    return found === undefined ? Number.NaN : found.values.reduce((one, other) => combine(one, other), start);
  }
}
