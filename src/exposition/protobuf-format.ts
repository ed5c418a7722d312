import { Buffer } from 'node:buffer';
import type { FamilySnapshot, LabelRow, SnapshotType } from '../core/family-snapshot.js';
import type { ExpositionFormat } from './exposition-format.js';
import { hasLabels, type LabelStyle, LabelTexts } from './label-texts.js';
import { MessageWriter } from './message-writer.js';
import { seriesWriter, writeLabel } from './protobuf-series.js';

const FAMILY = { name: 0x0a, help: 0x12, type: 0x18, metric: 0x22 } as const;
const METRIC_LABEL = 0x0a;

const TYPES: Readonly<Record<SnapshotType, number>> = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
};

const PIECE_BYTES = 32 * 1024;

/** Most labels are shorter. */
const LABEL_BYTES = 64;

/** Families of more series are written in pieces, which are held back until their length is known. */
const MAX_SERIES_OF_PIECE = 64;

/** Gives the caller the opportunity to pause. */
const NO_BYTES = new Uint8Array(0);

/**
 * Protocol Buffers: a `MetricFamily` of `io.prometheus.client` for each family, each preceded by its length. This is the only format
 * that has native histograms and creation times. Names, labels and numbers are those of the text format, so that series continue when
 * a server changes the format; but Prometheus before 3.0 writes the bound `le="1"` of this format as `le="1.0"`.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format
 */
export const protobufFormat: ExpositionFormat<Uint8Array> = {
  contentType: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
  *encode(families) {
    const writer = new MessageWriter();
    for (const family of families) {
      if (family.labelRows.length > MAX_SERIES_OF_PIECE) {
        yield writer.take();
        yield* largeFamily(writer, family);
      } else {
        const start = writer.openDelimited(2);
        writeFamily(writer, family).next();
        writer.close(start, 2);
      }
      if (writer.length >= PIECE_BYTES) {
        yield writer.take();
      }
    }
    yield writer.take();
  },
};

function* largeFamily(writer: MessageWriter, family: FamilySnapshot): Generator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const _ of writeFamily(writer, family, PIECE_BYTES)) {
    pieces.push(writer.take());
    yield NO_BYTES;
  }
  pieces.push(writer.take());
  writer.rawVarint(pieces.reduce((sum, { length }) => sum + length, 0));
  yield writer.take();
  yield* pieces;
}

/** Yields whenever the writer has `pieceBytes` bytes. */
function* writeFamily(
  writer: MessageWriter,
  family: FamilySnapshot,
  pieceBytes = Infinity,
): Generator<undefined, void> {
  const { descriptor, labelRows } = family;
  writer.string(FAMILY.name, descriptor.name);
  writer.string(FAMILY.help, descriptor.help);
  writer.varint(FAMILY.type, TYPES[descriptor.type]);
  const writeSeries = seriesWriter(writer, family);
  const labels = hasLabels(family) ? LabelTexts.of(family, LABEL_STYLE) : undefined;
  const lengthBytes = descriptor.type === 'histogram' ? 2 : 1;
  for (let row = 0; row < labelRows.length; row += 1) {
    const start = writer.open(FAMILY.metric, lengthBytes);
    if (labels !== undefined) {
      writer.raw(labels.at(row, labelRows[row] as LabelRow));
    }
    writeSeries(row);
    writer.close(start, lengthBytes);
    if (writer.length >= pieceBytes) {
      yield;
    }
  }
  labels?.end(labelRows.length);
}

/** Labels as bytes: each character of the text is one. */
const LABEL_STYLE: LabelStyle = {
  pair: (name, value) => {
    const writer = new MessageWriter(LABEL_BYTES);
    writeLabel(writer, METRIC_LABEL, name, value);
    return Buffer.from(writer.take()).toString('latin1');
  },
  separator: '',
  known: new WeakMap(),
};
