import type { Exemplar } from '../core/exemplar.js';
import type { FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import { exemplarText, formatNumber } from './format-text.js';
import { hasLabels, LabelTexts } from './label-texts.js';

/** Some hundred lines. */
const PIECE_LENGTH = 32 * 1024;

/** The differences between OpenMetrics and the text format, for one family. */
export interface FamilyRules {
  /** The lines before the samples, without the last line break. */
  readonly header: string;
  /** Exemplars by the index of their value. */
  readonly exemplars?: ReadonlyMap<number, Exemplar> | undefined;
  /** Whether sums that can fall are omitted. */
  readonly risingSums?: boolean;
}

/** Returns the lines of the series at `row`, each *after* a line break: so a line has one part less to append. */
type SeriesLines = (row: number, labels: string) => string;

/** Yields all families by the rules of a format, in pieces of some hundred lines. */
export function* textPieces(
  families: readonly FamilySnapshot[],
  rulesOf: (family: FamilySnapshot) => FamilyRules,
): Generator<string> {
  let texts: string[] = [];
  let textLength = 0;
  for (const family of families) {
    const rules = rulesOf(family);
    texts.push(rules.header);
    textLength += rules.header.length;
    const { labelRows } = family;
    const { length } = labelRows;
    const lines = seriesLines(family, rules);
    const labels = hasLabels(family) ? LabelTexts.of(family) : undefined;
    for (let row = 0; row <= length; row += 1) {
      // The last line break follows the last series.
      const text =
        row === length
          ? '\n'
          : lines(row, labels === undefined ? '' : labels.at(row, labelRows[row] as LabelRow));
      texts.push(text);
      textLength += text.length;
      if (textLength >= PIECE_LENGTH) {
        yield texts.join('');
        texts = [];
        textLength = 0;
      }
    }
    labels?.end(length);
  }
  yield texts.join('');
}

function seriesLines(family: FamilySnapshot, rules: FamilyRules): SeriesLines {
  switch (family.descriptor.type) {
    case 'histogram':
      return histogramLines(family, rules);
    case 'summary':
      return summaryLines(family, rules);
    default:
      return scalarLines(family, rules);
  }
}

function scalarLines({ descriptor: { name }, values }: FamilySnapshot, rules: FamilyRules): SeriesLines {
  const open = `\n${name}{`;
  return (row, labels) => {
    const value = formatNumber(values[row] ?? Number.NaN);
    return (labels === '' ? `\n${name} ${value}` : `${open}${labels}} ${value}`) + exemplarOf(rules, row);
  };
}

function histogramLines(family: FamilySnapshot, rules: FamilyRules): SeriesLines {
  const { descriptor, values, sums } = family;
  const { name, buckets = [] } = descriptor;
  const bounds = [...buckets, Infinity].map((bound) => `le="${formatNumber(bound)}"} `);
  const width = bounds.length;
  return (row, labels) => {
    // One piece of memory, because every line has a copy of it.
    const start = ['\n', name, '_bucket{', labels, labels === '' ? '' : ','].join('');
    let text = '';
    let count = 0;
    for (let bucket = 0; bucket < width; bucket += 1) {
      const index = row * width + bucket;
      count += values[index] as number;
      text = text + start + (bounds[bucket] as string) + formatNumber(count) + exemplarOf(rules, index);
    }
    const sum = sums?.[row] ?? Number.NaN;
    // OpenMetrics forbids sums that can fall, and a count without sum. The bucket +Inf has the count.
    return rules.risingSums && !(sum >= 0 && !mayFall(family, row))
      ? text
      : text + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, count);
  };
}

/** Whether the sum of a histogram's series may fall, because negative numbers are observed. */
function mayFall({ descriptor, native }: FamilySnapshot, row: number): boolean {
  const [lowest = 0] = descriptor.buckets ?? [];
  const starts = native?.negative.starts;
  return lowest < 0 || (starts !== undefined && starts[row + 1] !== starts[row]);
}

function summaryLines(
  { descriptor, values, sums, counts }: FamilySnapshot,
  { risingSums }: FamilyRules,
): SeriesLines {
  const { name, quantiles = [] } = descriptor;
  const width = quantiles.length;
  return (row, labels) => {
    const start = `\n${name}{${labels}${labels === '' ? '' : ','}quantile="`;
    let text = '';
    for (let column = 0; column < width; column += 1) {
      text += `${start}${quantiles[column]}"} ${formatNumber(values[row * width + column] as number)}`;
    }
    const sum = sums?.[row] ?? Number.NaN;
    const hasSum = !risingSums || sum >= 0;
    return (
      text + (hasSum ? line(`${name}_sum`, labels, sum) : '') + line(`${name}_count`, labels, counts?.[row])
    );
  };
}

function line(name: string, labels: string, value = Number.NaN): string {
  return labels === '' ? `\n${name} ${formatNumber(value)}` : `\n${name}{${labels}} ${formatNumber(value)}`;
}

function exemplarOf({ exemplars }: FamilyRules, index: number): string {
  const exemplar = exemplars?.get(index);
  return exemplar === undefined ? '' : exemplarText(exemplar);
}
