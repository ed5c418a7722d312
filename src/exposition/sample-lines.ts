import type { FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import type { ByteWriter } from './byte-writer.js';
import { LabelBytes } from './label-bytes.js';
import { boundedLines, type Exemplars, partLines, scalarLine } from './line-writers.js';

const LINES_PER_PAUSE = 256;

/** Writes the lines of one series. */
interface SeriesWriter {
  readonly linesPerSeries: number;
  write(row: number, labels: LabelBytes): void;
}

/** The differences between OpenMetrics and the text format. */
export interface SampleRules {
  readonly exemplars?: Exemplars;
  /** Whether sums that can fall are omitted. */
  readonly risingSums?: boolean;
}

/** Writes all samples of a family by the rules of a format. Yields every few hundred lines, so that the caller can pause. */
export function* writeSamples(
  family: FamilySnapshot,
  output: ByteWriter,
  rules: SampleRules = {},
): Generator<void> {
  const { labelRows } = family;
  const series = seriesWriter(family, output, rules);
  const rowsPerPause = Math.ceil(LINES_PER_PAUSE / series.linesPerSeries);
  let labels = LabelBytes.of(family);
  for (let row = 0; row < labelRows.length; row += 1) {
    labels = labels.including(row, labelRows[row] as LabelRow);
    series.write(row, labels);
    if ((row + 1) % rowsPerPause === 0) {
      yield;
    }
  }
  labels.ending(labelRows.length);
}

function seriesWriter(family: FamilySnapshot, output: ByteWriter, rules: SampleRules): SeriesWriter {
  const { descriptor, values } = family;
  switch (descriptor.type) {
    case 'histogram':
      return histogramWriter(family, output, rules);
    case 'summary':
      return summaryWriter(family, output, rules);
    default: {
      const line = scalarLine(descriptor.name, values, rules.exemplars, output);
      return { linesPerSeries: 1, write: (row, labels) => line(labels, row) };
    }
  }
}

function histogramWriter(
  { descriptor, values, sums }: FamilySnapshot,
  output: ByteWriter,
  { exemplars, risingSums = false }: SampleRules,
): SeriesWriter {
  const { name, buckets = [] } = descriptor;
  const width = buckets.length + 1;
  const bucketLines = boundedLines(`${name}_bucket`, 'le', [...buckets, Infinity], exemplars, output);
  const sumAndCount = partLines(name, output);
  const cumulative = new Float64Array(width);
  return {
    linesPerSeries: width + 2,
    write(row, labels) {
      let count = 0;
      for (let bucket = 0; bucket < width; bucket += 1) {
        count += values[row * width + bucket] as number;
        cumulative[bucket] = count;
      }
      const labelsAt = bucketLines(labels, row, cumulative, 0);
      const sum = sums?.[row] ?? Number.NaN;
      // OpenMetrics forbids sums that can fall, and a count without sum. The bucket +Inf has the count.
      if (!risingSums || (sum >= 0 && !((buckets[0] as number) < 0))) {
        sumAndCount(labels, row, labelsAt, sum, count);
      }
    },
  };
}

function summaryWriter(
  { descriptor, values, sums, counts }: FamilySnapshot,
  output: ByteWriter,
  { risingSums = false }: SampleRules,
): SeriesWriter {
  const { name, quantiles = [] } = descriptor;
  const quantileLines = boundedLines(name, 'quantile', quantiles, undefined, output);
  const sumAndCount = partLines(name, output);
  return {
    linesPerSeries: quantiles.length + 2,
    write(row, labels) {
      const labelsAt = quantileLines(labels, row, values, row * quantiles.length);
      const sum = sums?.[row] ?? Number.NaN;
      sumAndCount(labels, row, labelsAt, risingSums && !(sum >= 0) ? undefined : sum, counts?.[row]);
    },
  };
}
