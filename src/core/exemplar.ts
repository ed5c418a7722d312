import { InvalidLabelsError } from './errors.js';
import { isLabelName } from './family-definition.js';

/** Labels that identify one event behind a sample, such as `{ trace_id: '4bf92f' }`. */
export type ExemplarLabels = Readonly<Record<string, string | undefined>>;

/** Legal labels of an exemplar, as {@link legalLabels} returns them. */
export type LegalExemplarLabels = Readonly<Record<string, string>>;

/** One event behind a sample. OpenMetrics exports it; the text format has no exemplars. */
export interface Exemplar {
  readonly labels: LegalExemplarLabels;
  readonly value: number;
  readonly timestampSeconds: number;
}

/** The limit for all names and values together (OpenMetrics 1.0, “Exemplars”). */
const MAX_CHARACTERS = 128;

/** Prometheus (2.42) rejects a whole scrape for this character in an exemplar, and accepts it in other labels. */
const NUL = '\0';

function valuedLabels(labels: ExemplarLabels): [string, string][] {
  return Object.entries(labels).filter(
    (entry): entry is [string, string] => (entry[1] ?? undefined) !== undefined,
  );
}

/** Returns what is wrong with an exemplar's labels, as the middle of a sentence; `undefined` when they are legal. */
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
 * Drops labels whose value is null or undefined. Returns `undefined` when no label is left.
 *
 * @throws {@link InvalidLabelsError} on labels that are illegal in an exemplar.
 */
export function legalLabels(labels: ExemplarLabels): LegalExemplarLabels | undefined {
  const given = labels ?? { none: undefined };
  const entries = valuedLabels(given);
  if (entries.length === 0 && Object.keys(given).length > 0) {
    return undefined;
  }
  const problem = exemplarProblem(given);
  if (problem !== undefined) {
    throw new InvalidLabelsError(
      `An exemplar has ${problem}. Use legal label names and string values, of at most ${MAX_CHARACTERS} characters in all.`,
    );
  }
  const readable = entries.map(([name, text]): [string, string] => [
    name,
    text.toWellFormed().replaceAll(NUL, '\ufffd'),
  ]);
  return Object.fromEntries(readable);
}

/**
 * Returns an exemplar of now; `undefined` for labels without a value.
 *
 * @throws {@link InvalidLabelsError} on labels that are illegal in an exemplar.
 */
export function createExemplar(labels: ExemplarLabels, value: number): Exemplar | undefined {
  const legal = legalLabels(labels);
  return legal && { labels: legal, value, timestampSeconds: Date.now() / 1000 };
}
