import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Exemplar } from '../../src/core/exemplar.js';
import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { type NativeColumns, nativeRow } from '../../src/core/native-columns.js';
import { type Sample, samplesOf } from '../../src/core/samples.js';
import { protobufFormat } from '../../src/exposition/protobuf-format.js';
import {
  bucketsOfSpans,
  type DecodedExemplar,
  type DecodedFamily,
  type DecodedHistogram,
  decodeProtobuf,
  samplesOfProtobuf,
  type Timestamp,
} from '../support/decode-protobuf.js';
import { readNativeRow } from '../support/native-rows.js';
import { arbitrarySnapshot } from './arbitrary-snapshots.js';

const families = fc.array(
  arbitrarySnapshot.filter(({ descriptor: { buckets = [] } }) => buckets.every(Number.isFinite)),
  { maxLength: 4 },
);

function decode(snapshots: readonly FamilySnapshot[]): DecodedFamily[] {
  return decodeProtobuf(Buffer.concat([...protobufFormat.encode(snapshots)]));
}

/** Summaries have whole counts only. */
function expectedSamples(snapshot: FamilySnapshot): Sample[] {
  const { name, type } = snapshot.descriptor;
  return samplesOf(snapshot).map((sample) =>
    type === 'summary' && sample.name === `${name}_count`
      ? { ...sample, value: sample.value > 0 ? Math.min(Math.floor(sample.value), 2 ** 53 - 1) : 0 }
      : sample,
  );
}

it('has the samples of every family, for an independent decoder', () => {
  fc.assert(
    fc.property(families, (snapshots) => {
      const decoded = decode(snapshots);
      expect(decoded.map(({ name, help, type }) => ({ name, help, type: type.toLowerCase() }))).toEqual(
        snapshots.map(({ descriptor: { name, help, type } }) => ({ name, help, type })),
      );
      decoded.forEach((family, index) => {
        expect(samplesOfProtobuf([family])).toEqual(expectedSamples(snapshots[index] as FamilySnapshot));
      });
    }),
    { numRuns: 1000 },
  );
});

/** In microseconds, which the format has of them; `undefined` for times that it does not have. */
function microsOf(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= 0 && seconds <= 253_402_300_799
    ? Math.round(seconds * 1e6) + 0
    : undefined;
}

function microsOfTimestamp(timestamp: Timestamp | undefined): number | undefined {
  return timestamp && timestamp.seconds * 1e6 + timestamp.nanos / 1000;
}

function shown({ labels, value, timestampSeconds }: Exemplar): object {
  return { labels, value, micros: microsOf(timestampSeconds) };
}

function read({ label = [], value, timestamp }: DecodedExemplar): object {
  const labels = Object.fromEntries(label.map((pair) => [pair.name, pair.value]));
  return { labels, value, micros: microsOfTimestamp(timestamp) };
}

/** The exemplars of each series of a counter or histogram, and when it began. */
function eventsOf({ descriptor, labelRows, exemplars, created }: FamilySnapshot): object[] {
  const width = (descriptor.buckets?.length ?? 0) + 1;
  return labelRows.map((_, row) => ({
    exemplars: Array.from({ length: width }, (__, column) => exemplars?.get(row * width + column))
      .flatMap((exemplar) => exemplar ?? [])
      .map(shown),
    created: microsOf(created?.[row]),
  }));
}

function decodedEventsOf({ metric = [] }: DecodedFamily): object[] {
  return metric.map(({ counter, histogram }) => ({
    exemplars: [counter?.exemplar, ...(histogram?.bucket ?? []).map(({ exemplar }) => exemplar)]
      .flatMap((exemplar) => exemplar ?? [])
      .map(read),
    created: microsOfTimestamp((counter ?? histogram)?.createdTimestamp),
  }));
}

it('has the exemplars of counters and histograms, and when their series began', () => {
  fc.assert(
    fc.property(families, (snapshots) => {
      const isCounting = ({ descriptor: { type } }: FamilySnapshot): boolean =>
        type === 'counter' || type === 'histogram';
      const counting = snapshots.filter(isCounting);
      expect(decode(counting).map(decodedEventsOf)).toEqual(counting.map(eventsOf));
    }),
    { numRuns: 500 },
  );
});

function decodedNative({ metric = [] }: DecodedFamily): object[] {
  return metric.map(({ histogram = {} as DecodedHistogram }) => ({
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    positive: bucketsOfSpans(histogram.positiveSpan, histogram.positiveDelta),
    negative: bucketsOfSpans(histogram.negativeSpan, histogram.negativeDelta),
  }));
}

it('has native buckets as spans and differences', () => {
  fc.assert(
    fc.property(families, (snapshots) => {
      const native = snapshots.flatMap((snapshot) => (snapshot.native === undefined ? [] : snapshot));
      expect(decode(native).map(decodedNative)).toEqual(
        native.map(({ native: columns, labelRows }) =>
          labelRows.map((_, row) => readNativeRow(nativeRow(columns as NativeColumns, row))),
        ),
      );
    }),
    { numRuns: 500 },
  );
});

it('has no native buckets in the histograms of other clients', () => {
  fc.assert(
    fc.property(families, (snapshots) => {
      const classic = snapshots.filter(({ native }) => native === undefined);
      const fields = decode(classic).flatMap(({ metric = [] }) =>
        metric.map(({ histogram }) => [histogram?.schema, histogram?.zeroThreshold, histogram?.positiveSpan]),
      );
      expect(fields.flat().filter((field) => field !== undefined)).toEqual([]);
    }),
  );
});

it('writes large families in pieces that belong together', () => {
  const labelRows = Array.from({ length: 5000 }, (_, index) => [`queue ${index} ü`]);
  const large = (name: string): FamilySnapshot => ({
    descriptor: { name, help: 'Large.', type: 'gauge', labelNames: ['queue'] },
    labelRows,
    values: Float64Array.from(labelRows, (_, index) => index / 3),
    constantLabels: { zone: 'a' },
  });
  const small: FamilySnapshot = { ...large('small'), labelRows: [['x']], values: Float64Array.of(1) };
  const snapshots = [small, large('one'), small, large('two'), large('three')];
  for (let time = 0; time < 2; time += 1) {
    const pieces = [...protobufFormat.encode(snapshots)];
    expect(pieces.length).toBeGreaterThan(20);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(64 * 1024);
    expect(samplesOfProtobuf(decodeProtobuf(Buffer.concat(pieces)))).toEqual(snapshots.flatMap(samplesOf));
  }
});
