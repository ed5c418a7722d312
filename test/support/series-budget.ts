import { readDocument } from './deployment-files.js';

export interface SeriesRow {
  /** A regular expression on the names of samples. */
  readonly families: string;
  readonly fresh: number;
  readonly afterwards: number;
}

export interface BudgetRow {
  readonly instances: number;
  readonly series: number;
  readonly samplesPerSecond: number;
}

/** The rows of docs/scaling.md that count the series of one instance, the sum left out. */
export function readSeriesTable(): SeriesRow[] {
  return rows()
    .filter(([, families]) => families?.startsWith('`'))
    .map(([, families = '', fresh = '', afterwards = '']) => ({
      families: families.replaceAll('`', '').replaceAll('\\|', '|'),
      fresh: readCount(fresh),
      afterwards: readCount(afterwards),
    }));
}

/** The series of one instance, by the sum of these rows. */
export function documentedSeries(when: 'fresh' | 'afterwards'): number {
  return readSeriesTable().reduce((sum, row) => sum + row[when], 0);
}

/** The rows of docs/scaling.md that begin with a number of instances. */
export function readBudgetTable(): BudgetRow[] {
  return rows()
    .filter(([instances = '']) => /^[\d,]+$/.test(instances))
    .map(([instances = '', series = '', samplesPerSecond = '']) => ({
      instances: readCount(instances),
      series: readCount(series),
      samplesPerSecond: readCount(samplesPerSecond),
    }));
}

function rows(): string[][] {
  return readDocument('scaling.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function readCount(text: string): number {
  return Number(text.replaceAll(',', ''));
}
