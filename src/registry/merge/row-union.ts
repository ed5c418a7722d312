import {
  type FamilyDescriptor,
  type FamilySnapshot,
  isSameDescriptor,
  isSameList,
  type LabelRow,
  rowKey,
} from '../../core/family-snapshot.js';

/** The parts of a snapshot that identify its series. `SnapshotDecoder` returns the same objects while they do not change. */
type Shaped = Pick<FamilySnapshot, 'descriptor' | 'constantLabels' | 'labelRows'>;

/** The union of the series of several snapshots of one family, by label values, and the position of each snapshot's series in it. */
export class RowUnion {
  private constructor(
    private readonly inputs: readonly Shaped[],
    readonly descriptor: FamilyDescriptor,
    readonly constantLabels: Readonly<Record<string, string>>,
    readonly labelRows: readonly LabelRow[],
    /** For each snapshot, the index of each of its rows in {@link labelRows}. */
    readonly positions: readonly Int32Array[],
    private readonly index: ReadonlyMap<string, number>,
  ) {}

  /**
   * @param inputs - at least one; HELP and bounds are those of the first one
   * @param previous - the last union of this family. Unchanged objects are reused: formats cache prepared bytes by them
   */
  static of(inputs: readonly Shaped[], previous?: RowUnion): RowUnion {
    if (previous?.isOf(inputs) === true) {
      return previous;
    }
    const [first] = inputs as readonly [Shaped, ...Shaped[]];
    const constants = inputs.map(({ constantLabels = {} }) => constantLabels);
    // Constant labels that differ between processes become labels of the series.
    const isShared = new Set(constants.map(keyOfConstants)).size === 1;
    const names = unionOfNames(inputs, isShared ? [] : constants);
    const described: FamilyDescriptor = { ...first.descriptor, labelNames: names };
    const isSame = previous !== undefined && isSameDescriptor(previous.descriptor, described);
    const rowsOf = inputs.map((input) => rowsUnder(names, input, isShared));
    const kept = isSame ? indexRows(rowsOf, previous) : undefined;
    // Rows that disappeared would leave holes.
    const { labelRows, positions, index } = kept?.isComplete === true ? kept : indexRows(rowsOf);
    return new RowUnion(
      inputs.map(({ descriptor, constantLabels, labelRows: rows }) => ({
        descriptor,
        ...(constantLabels && { constantLabels }),
        labelRows: rows,
      })),
      isSame ? previous.descriptor : described,
      isShared ? (constants[0] as Readonly<Record<string, string>>) : {},
      labelRows,
      positions,
      index,
    );
  }

  private isOf(inputs: readonly Shaped[]): boolean {
    return (
      inputs.length === this.inputs.length &&
      inputs.every((input, position) => {
        const known = this.inputs[position] as Shaped;
        return (
          input.labelRows === known.labelRows &&
          input.descriptor === known.descriptor &&
          input.constantLabels === known.constantLabels
        );
      })
    );
  }

  /** The index that later unions start from. @internal */
  get known(): { readonly index: ReadonlyMap<string, number>; readonly labelRows: readonly LabelRow[] } {
    return { index: this.index, labelRows: this.labelRows };
  }
}

function keyOfConstants(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function unionOfNames(inputs: readonly Shaped[], constants: readonly object[]): readonly string[] {
  return [
    ...new Set([
      ...inputs.flatMap(({ descriptor }) => descriptor.labelNames),
      ...constants.flatMap((labels) => Object.keys(labels)),
    ]),
  ];
}

/** Returns the rows of one snapshot with the values of these labels, in this order. */
function rowsUnder(
  names: readonly string[],
  { descriptor, constantLabels = {}, labelRows }: Shaped,
  isShared: boolean,
): readonly LabelRow[] {
  const { labelNames } = descriptor;
  if (isSameList(names, labelNames)) {
    return labelRows;
  }
  const columns = names.map((name) => labelNames.indexOf(name));
  const constants = names.map((name) =>
    isShared || !Object.hasOwn(constantLabels, name) ? undefined : constantLabels[name],
  );
  return labelRows.map((row) => columns.map((column, position) => row[column] ?? constants[position]));
}

interface IndexedRows {
  readonly labelRows: readonly LabelRow[];
  readonly positions: readonly Int32Array[];
  readonly index: ReadonlyMap<string, number>;
  /** Whether every row of the previous union is still there. */
  readonly isComplete: boolean;
}

function indexRows(rowsOf: readonly (readonly LabelRow[])[], previous?: RowUnion): IndexedRows {
  const index = new Map(previous?.known.index);
  const labelRows = [...(previous?.known.labelRows ?? [])];
  const known = labelRows.length;
  const found = new Set<number>();
  const positions = rowsOf.map((rows) => {
    const own = new Int32Array(rows.length);
    rows.forEach((row, position) => {
      const key = rowKey(row);
      let at = index.get(key);
      if (at === undefined) {
        at = labelRows.length;
        index.set(key, at);
        labelRows.push(row);
      } else if (at < known) {
        found.add(at);
      }
      own[position] = at;
    });
    return own;
  });
  return { labelRows, positions, index, isComplete: found.size === known };
}
