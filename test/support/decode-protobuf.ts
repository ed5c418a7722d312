import protobuf from 'protobufjs';
import type { ParsedSample } from './parse-exposition.js';

/** The messages of `io.prometheus.client`, for protobufjs, which knows nothing of the encoder. */
const SCHEMA = `
syntax = "proto2";
package io.prometheus.client;
message LabelPair { optional string name = 1; optional string value = 2; }
message Timestamp { optional int64 seconds = 1; optional int32 nanos = 2; }
message Exemplar { repeated LabelPair label = 1; optional double value = 2; optional Timestamp timestamp = 3; }
message Gauge { optional double value = 1; }
message Counter { optional double value = 1; optional Exemplar exemplar = 2; optional Timestamp created_timestamp = 3; }
message Quantile { optional double quantile = 1; optional double value = 2; }
message Summary {
  optional uint64 sample_count = 1; optional double sample_sum = 2; repeated Quantile quantile = 3;
  optional Timestamp created_timestamp = 4;
}
message Untyped { optional double value = 1; }
message Bucket {
  optional uint64 cumulative_count = 1; optional double cumulative_count_float = 4; optional double upper_bound = 2;
  optional Exemplar exemplar = 3;
}
message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
message Histogram {
  optional uint64 sample_count = 1; optional double sample_count_float = 4; optional double sample_sum = 2;
  repeated Bucket bucket = 3; optional Timestamp created_timestamp = 15; optional sint32 schema = 5;
  optional double zero_threshold = 6; optional uint64 zero_count = 7; optional double zero_count_float = 8;
  repeated BucketSpan negative_span = 9; repeated sint64 negative_delta = 10; repeated double negative_count = 11;
  repeated BucketSpan positive_span = 12; repeated sint64 positive_delta = 13; repeated double positive_count = 14;
  repeated Exemplar exemplars = 16;
}
message Metric {
  repeated LabelPair label = 1; optional Gauge gauge = 2; optional Counter counter = 3; optional Summary summary = 4;
  optional Untyped untyped = 5; optional Histogram histogram = 7; optional int64 timestamp_ms = 6;
}
enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; GAUGE_HISTOGRAM = 5; }
message MetricFamily {
  optional string name = 1; optional string help = 2; optional MetricType type = 3; repeated Metric metric = 4;
  optional string unit = 5;
}`;

const MetricFamily = protobuf.parse(SCHEMA).root.lookupType('io.prometheus.client.MetricFamily');

export interface Label {
  readonly name: string;
  readonly value: string;
}
export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}
export interface DecodedExemplar {
  readonly label?: readonly Label[];
  readonly value: number;
  readonly timestamp?: Timestamp;
}
interface Span {
  readonly offset: number;
  readonly length: number;
}
export interface DecodedHistogram {
  readonly sampleCount: number;
  readonly sampleCountFloat?: number;
  readonly sampleSum: number;
  readonly bucket?: readonly {
    readonly cumulativeCount: number;
    readonly cumulativeCountFloat?: number;
    readonly upperBound: number;
    readonly exemplar?: DecodedExemplar;
  }[];
  readonly createdTimestamp?: Timestamp;
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly negativeSpan?: readonly Span[];
  readonly negativeDelta?: readonly number[];
  readonly positiveSpan?: readonly Span[];
  readonly positiveDelta?: readonly number[];
}
export interface DecodedMetric {
  readonly label?: readonly Label[];
  readonly gauge?: { readonly value: number };
  readonly counter?: {
    readonly value: number;
    readonly exemplar?: DecodedExemplar;
    readonly createdTimestamp?: Timestamp;
  };
  readonly summary?: {
    readonly sampleCount: number;
    readonly sampleSum: number;
    readonly quantile?: readonly { readonly quantile: number; readonly value: number }[];
  };
  readonly untyped?: { readonly value: number };
  readonly histogram?: DecodedHistogram;
}
export interface DecodedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metric?: readonly DecodedMetric[];
}

/** Decodes an exposition with an independent decoder. Throws on bytes that are left over, or no such messages. */
export function decodeProtobuf(bytes: Uint8Array): DecodedFamily[] {
  const reader = protobuf.Reader.create(bytes);
  const families: DecodedFamily[] = [];
  while (reader.pos < reader.len) {
    const message = MetricFamily.decodeDelimited(reader);
    families.push(MetricFamily.toObject(message, { longs: Number, enums: String }) as DecodedFamily);
  }
  return families;
}

/** Returns the populated exponential buckets by index, as the specification of native histograms has them. */
export function bucketsOfSpans(
  spans: readonly Span[] = [],
  deltas: readonly number[] = [],
): Record<number, number> {
  const buckets: Record<number, number> = {};
  let index = 0;
  let count = 0;
  let next = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let bucket = 0; bucket < length; bucket += 1) {
      count += deltas[next] as number;
      next += 1;
      buckets[index] = count;
      index += 1;
    }
  }
  if (next !== deltas.length) throw new Error('There are other counts than buckets.');
  return buckets;
}

/** Returns the samples that the text format has for the same families. */
export function samplesOfProtobuf(families: readonly DecodedFamily[]): ParsedSample[] {
  return families.flatMap(({ name, metric = [] }) => metric.flatMap((one) => samplesOfMetric(name, one)));
}

function samplesOfMetric(name: string, metric: DecodedMetric): ParsedSample[] {
  const { label = [], gauge, counter, untyped, summary, histogram } = metric;
  const labels = Object.fromEntries(label.map((pair) => [pair.name, pair.value]));
  const scalar = gauge ?? counter ?? untyped;
  if (scalar !== undefined) {
    return [{ name, labels, value: scalar.value }];
  }
  if (summary !== undefined) {
    const { quantile: quantiles = [], sampleSum, sampleCount } = summary;
    return [
      ...quantiles.map(({ quantile, value }) => ({
        name,
        labels: { ...labels, quantile: String(quantile) },
        value,
      })),
      { name: `${name}_sum`, labels, value: sampleSum },
      { name: `${name}_count`, labels, value: sampleCount },
    ];
  }
  const { bucket: buckets = [], sampleSum, sampleCount, sampleCountFloat } = histogram as DecodedHistogram;
  const count = sampleCountFloat ?? sampleCount;
  const isWhole = buckets.at(-1)?.upperBound === Infinity;
  return [
    ...buckets.map((one) => ({
      name: `${name}_bucket`,
      labels: { ...labels, le: formatBound(one.upperBound) },
      value: one.cumulativeCountFloat ?? one.cumulativeCount,
    })),
    ...(isWhole ? [] : [{ name: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count }]),
    { name: `${name}_sum`, labels, value: sampleSum },
    { name: `${name}_count`, labels, value: count },
  ];
}

function formatBound(bound: number): string {
  return bound === Infinity ? '+Inf' : String(bound);
}
