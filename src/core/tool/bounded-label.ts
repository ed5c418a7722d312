/** The default number of different values of one label; further values become {@link OTHER}. */
const MAX_VALUES = 100;
const MAX_LENGTH = 128;

/** The value of a label past its limit. */
export const OTHER = 'other';

/** The values of one label that the application's code chooses: the first different ones up to a limit, then `other`. */
export class BoundedLabel {
  private readonly known = new Set<string>();

  constructor(private readonly limit = MAX_VALUES) {}

  /** Returns the value as the label has it: well-formed, of at most 128 characters, `other` past the limit. */
  valueOf(value: string): string {
    // In this order: the cut may divide a surrogate pair, and all such labels would be the same bytes.
    const label = value.slice(0, MAX_LENGTH).toWellFormed();
    if (this.known.has(label)) {
      return label;
    }
    if (this.known.size >= this.limit) {
      return OTHER;
    }
    this.known.add(label);
    return label;
  }
}
