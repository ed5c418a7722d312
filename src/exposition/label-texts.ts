import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import { labelPair } from './format-text.js';

/** The label texts of the last scrape of a family. */
interface Kept {
  readonly labelRows: readonly LabelRow[];
  readonly texts: readonly string[];
  readonly constantKey: string;
}

const KEPT = new WeakMap<FamilyDescriptor, Kept>();

/**
 * The labels of a snapshot's series as text (`a="1",b="2"`). The texts of the last scrape are reused, whatever its format: series
 * seldom disappear, and new ones are appended.
 */
export class LabelTexts {
  private readonly constantLabels: readonly (readonly [name: string, value: string])[];
  private readonly constantKey: string;
  private readonly last: Kept | undefined;
  private readonly texts: string[] = [];

  constructor(private readonly family: FamilySnapshot) {
    const { descriptor, constantLabels = {} } = family;
    this.constantLabels = Object.entries(constantLabels);
    this.constantKey = JSON.stringify(this.constantLabels);
    const last = KEPT.get(descriptor);
    this.last = last?.constantKey === this.constantKey ? last : undefined;
  }

  /** Returns the text of the series at `index`. Call it for one series after the other. */
  at(index: number): string {
    const row = this.family.labelRows[index] as LabelRow;
    const text = this.last?.labelRows[index] === row ? (this.last.texts[index] as string) : this.textOf(row);
    this.texts[index] = text;
    return text;
  }

  /** Keeps the texts for the next scrape. Call it after the last series. */
  keep(): void {
    const { texts, constantKey } = this;
    const { descriptor, labelRows } = this.family;
    KEPT.set(descriptor, { labelRows, texts, constantKey });
  }

  /** Returns the series' own labels in the declared order, then the constant labels that it does not have itself. */
  private textOf(row: LabelRow): string {
    const { labelNames } = this.family.descriptor;
    const pairs: string[] = [];
    for (let index = 0; index < labelNames.length; index += 1) {
      const value = row[index];
      if (value !== undefined) {
        pairs.push(labelPair(labelNames[index] as string, value));
      }
    }
    for (const [name, value] of this.constantLabels) {
      const position = labelNames.indexOf(name);
      if (position < 0 || row[position] === undefined) {
        pairs.push(labelPair(name, value));
      }
    }
    // Joined, the text is one piece of memory; added up, it would refer to all of its parts.
    return pairs.join(',');
  }
}
