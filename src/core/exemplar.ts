import { InvalidLabelsError } from './errors.js';
import { isLabelName } from './family-definition.js';

/** What leads from a sample to one of the events behind it, such as `{ trace_id: '4bf92f' }`. */
export type ExemplarLabels = Readonly<Record<string, string>>;

/** One event behind a sample. Exported by formats that have exemplars. */
export interface Exemplar {
  readonly labels: ExemplarLabels;
  readonly value: number;
  readonly timestampSeconds: number;
}

/** Characters of all names and values together (OpenMetrics 1.0, “Exemplars”). */
const MAX_CHARACTERS = 128;

/** @throws {@link InvalidLabelsError} on labels that no exemplar may have. */
export function createExemplar(labels: ExemplarLabels, value: number): Exemplar {
  const entries = Object.entries(labels);
  const illegal = entries.find(([name, text]) => !isLabelName(name) || typeof text !== 'string');
  const characters = entries.reduce((sum, [name, text]) => sum + Array.from(`${name}${text}`).length, 0);
  if (illegal !== undefined || characters > MAX_CHARACTERS) {
    throw new InvalidLabelsError(
      `An exemplar has ${illegal === undefined ? `${characters} characters` : `the label "${illegal[0]}"`}. Give texts by ` +
        `legal label names, of ${MAX_CHARACTERS} characters in all.`,
    );
  }
  const wellFormed = entries.map(([name, text]): [string, string] => [name, text.toWellFormed()]);
  return { labels: Object.fromEntries(wellFormed), value, timestampSeconds: Date.now() / 1000 };
}
