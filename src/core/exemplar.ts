import { InvalidLabelsError } from './errors.js';
import { isLabelName } from './family-definition.js';

/** What leads from a sample to one of the events behind it, such as `{ trace_id: '4bf92f' }`. */
export type ExemplarLabels = Readonly<Record<string, string | undefined>>;

/** One event behind a sample. Exported by formats that have exemplars. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampSeconds: number;
}

/** Characters of all names and values together (OpenMetrics 1.0, “Exemplars”). */
const MAX_CHARACTERS = 128;

/** Prometheus refuses a whole scrape for one of these in an exemplar (2.42), and takes it in any other label. */
const NUL = '\0';

function valuedLabels(labels: ExemplarLabels): [string, string][] {
  return Object.entries(labels).filter(
    (entry): entry is [string, string] => (entry[1] ?? undefined) !== undefined,
  );
}

/** Why no exemplar may have these labels, as the middle of a sentence; `undefined` when one may. */
export function exemplarProblem(labels: ExemplarLabels): string | undefined {
  const entries = valuedLabels(labels);
  const illegal = entries.find(([name, text]) => !isLabelName(name) || typeof text !== 'string');
  if (illegal !== undefined) {
    return `the label "${illegal[0]}" with a value of type ${typeof illegal[1]}`;
  }
  const characters = entries.reduce((sum, [name, text]) => sum + Array.from(`${name}${text}`).length, 0);
  return characters > MAX_CHARACTERS ? `${characters} characters` : undefined;
}

/**
 * Labels without a value, such as the trace of a request that is not traced, are left out; `undefined` when none has one.
 *
 * @throws {@link InvalidLabelsError} on labels that no exemplar may have.
 */
export function createExemplar(labels: ExemplarLabels, value: number): Exemplar | undefined {
  const given = labels ?? { none: undefined };
  const entries = valuedLabels(given);
  if (entries.length === 0 && Object.keys(given).length > 0) {
    return undefined;
  }
  const problem = exemplarProblem(given);
  if (problem !== undefined) {
    throw new InvalidLabelsError(
      `An exemplar has ${problem}. Give texts by legal label names, of ${MAX_CHARACTERS} characters in all.`,
    );
  }
  const readable = entries.map(([name, text]): [string, string] => [
    name,
    text.toWellFormed().replaceAll(NUL, '\ufffd'),
  ]);
  return { labels: Object.fromEntries(readable), value, timestampSeconds: Date.now() / 1000 };
}
