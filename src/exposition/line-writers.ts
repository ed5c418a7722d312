import type { Exemplar } from '../core/exemplar.js';
import { type ByteWriter, type Fragment, fragment, NUMBER_ROOM } from './byte-writer.js';
import { exemplarText, formatNumber } from './format-text.js';
import type { LabelBytes } from './label-bytes.js';

/** Exemplars by the index of their value. */
export type Exemplars = ReadonlyMap<number, Exemplar> | undefined;

const OPEN = 123;
const COMMA = 44;
const CLOSE = 125;
const SPACE = 32;
const NEWLINE = 10;
/** The bytes of a line besides name, labels and bound: braces, comma, space, number and line break. */
const LINE_OVERHEAD = NUMBER_ROOM + 5;
/** An exemplar has at most 128 characters of up to four bytes; each may be a label of its own. */
const EXEMPLAR_ROOM = 128 * 8 + 2 * NUMBER_ROOM;
const PART_ROOM = '_count'.length;

/** Returns a function that writes the line of one series. */
export function scalarLine(
  name: string,
  values: Float64Array,
  exemplars: Exemplars,
  output: ByteWriter,
): (labels: LabelBytes, row: number) => void {
  const head = fragment(name);
  const overhead = head.length + LINE_OVERHEAD + (exemplars === undefined ? 0 : EXEMPLAR_ROOM);
  return (labels, row) => {
    output.reserve(overhead + labels.end(row) - labels.start(row));
    writeLine(output, head, labels, row, values[row], undefined, exemplars?.get(row));
  };
}

/**
 * Returns a function that writes a line for each bound, which is the last label. The lines of a series start with the same bytes,
 * which are composed once. It makes room for two further lines, and returns the position of the labels for them.
 */
export function boundedLines(
  name: string,
  label: string,
  bounds: readonly number[],
  exemplars: Exemplars,
  output: ByteWriter,
): (labels: LabelBytes, row: number, values: Float64Array, firstValue: number) => number | undefined {
  const head = fragment(`${name}{`);
  const tails = bounds.map((bound) => fragment(`${label}="${formatNumber(bound)}"} `));
  const longestTail = Math.max(PART_ROOM, ...tails.map(({ length }) => length));
  const overhead = head.length + longestTail + LINE_OVERHEAD + (exemplars === undefined ? 0 : EXEMPLAR_ROOM);
  return (labels, row, values, firstValue) => {
    const labelStart = labels.start(row);
    const labelEnd = labels.end(row);
    output.reserve((tails.length + 2) * (overhead + labelEnd - labelStart));
    const start = output.position;
    let end = start;
    for (let index = 0; index < tails.length; index += 1) {
      if (index > 0) {
        output.repeat(start, end);
      } else {
        output.fragment(head);
        if (labelEnd > labelStart) {
          output.slice(labels.bytes, labelStart, labelEnd);
          output.byte(COMMA);
        }
        end = output.position;
      }
      output.fragment(tails[index] as Fragment);
      output.number(values[firstValue + index] as number);
      if (exemplars !== undefined) {
        writeExemplar(output, exemplars.get(row * tails.length + index));
      }
      output.byte(NEWLINE);
    }
    return tails.length === 0 ? undefined : start + head.length;
  };
}

/** Returns a function that writes the sum, if any, and the count of a series. {@link boundedLines} has made room for them. */
export function partLines(
  name: string,
  output: ByteWriter,
): (labels: LabelBytes, row: number, labelsAt: number | undefined, sum?: number, count?: number) => void {
  const sumHead = fragment(`${name}_sum`);
  const countHead = fragment(`${name}_count`);
  return (labels, row, labelsAt, sum, count) => {
    if (sum !== undefined) {
      writeLine(output, sumHead, labels, row, sum, labelsAt);
    }
    writeLine(output, countHead, labels, row, count, labelsAt);
  };
}

function writeLine(
  output: ByteWriter,
  head: Fragment,
  labels: LabelBytes,
  row: number,
  value: number | undefined,
  labelsAt?: number,
  exemplar?: Exemplar,
): void {
  output.fragment(head);
  const start = labels.start(row);
  const end = labels.end(row);
  if (end > start) {
    output.byte(OPEN);
    if (labelsAt === undefined) {
      output.slice(labels.bytes, start, end);
    } else {
      output.repeat(labelsAt, labelsAt + end - start);
    }
    output.byte(CLOSE);
  }
  output.byte(SPACE);
  output.number(value ?? Number.NaN);
  writeExemplar(output, exemplar);
  output.byte(NEWLINE);
}

function writeExemplar(output: ByteWriter, exemplar: Exemplar | undefined): void {
  if (exemplar !== undefined) {
    output.append(exemplarText(exemplar));
  }
}
