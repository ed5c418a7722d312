import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import { labelPair } from './format-text.js';

type ConstantLabels = readonly (readonly [name: string, value: string])[];

/** How labels are written. Formats of the same style share the texts. */
export interface LabelStyle {
  readonly pair: (name: string, value: string) => string;
  readonly separator: string;
  /** The texts of the last scrape. */
  readonly known: WeakMap<FamilyDescriptor, LabelTexts>;
}

/** `a="1",b="2"` */
const TEXT_STYLE: LabelStyle = { pair: labelPair, separator: ',', known: new WeakMap() };

/**
 * The labels of a family's series as text. They are cached from scrape to scrape by the family's descriptor, at the index of the
 * series: series seldom disappear, and new ones are appended.
 */
export class LabelTexts {
  private rows: LabelRow[] = [];
  private texts: string[] = [];

  private constructor(
    private readonly style: LabelStyle,
    private readonly descriptor: FamilyDescriptor,
    private readonly constantLabels: ConstantLabels,
    private readonly constantKey: string,
  ) {}

  /** Returns the cached texts of a family. Other constant labels than in the last scrape replace them by an empty cache. */
  static of({ descriptor, constantLabels = {} }: FamilySnapshot, style = TEXT_STYLE): LabelTexts {
    const constants = Object.entries(constantLabels);
    const constantKey = JSON.stringify(constants);
    const known = style.known.get(descriptor);
    if (known?.constantKey === constantKey) {
      return known;
    }
    const made = new LabelTexts(style, descriptor, constants, constantKey);
    style.known.set(descriptor, made);
    return made;
  }

  /** Returns the text of the series at `index`. Call it for all smaller indexes first. Concurrent scrapes may replace each other's texts. */
  at(index: number, row: LabelRow): string {
    if (this.rows[index] !== row) {
      this.rows[index] = row;
      this.texts[index] = this.textOf(row);
    }
    return this.texts[index] as string;
  }

  /** Removes the texts of series that no longer exist, in a copy: a concurrent scrape may still append to this cache. */
  end(length: number): void {
    if (length < this.rows.length) {
      const copy = new LabelTexts(this.style, this.descriptor, this.constantLabels, this.constantKey);
      copy.rows = this.rows.slice(0, length);
      copy.texts = this.texts.slice(0, length);
      this.style.known.set(this.descriptor, copy);
    }
  }

  /** Returns the series' own labels in the declared order, then the constant labels that it does not have itself. */
  private textOf(row: LabelRow): string {
    const { labelNames } = this.descriptor;
    const pairs: string[] = [];
    for (let index = 0; index < labelNames.length; index += 1) {
      const value = row[index];
      if (value !== undefined) {
        pairs.push(this.style.pair(labelNames[index] as string, value));
      }
    }
    for (const [name, value] of this.constantLabels) {
      const position = labelNames.indexOf(name);
      if (position < 0 || row[position] === undefined) {
        pairs.push(this.style.pair(name, value));
      }
    }
    // Joined, the text is one piece of memory; added up, it would refer to all of its parts.
    return pairs.join(this.style.separator);
  }
}

/** Without labels there is nothing to keep from scrape to scrape. A host may have thousands of such families. */
export function hasLabels({ descriptor, constantLabels }: FamilySnapshot): boolean {
  return descriptor.labelNames.length > 0 || Object.keys(constantLabels ?? {}).length > 0;
}
