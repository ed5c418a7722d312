import { type Aggregation, isMetricName, isSampleLabelName } from '../../core/family-definition.js';
import { type FamilyDescriptor, PART_LABELS, type SnapshotType } from '../../core/family-snapshot.js';

/** The kinds of bounds after a shape's head. */
export const NO_BOUNDS = 0;
export const BUCKETS = 1;
export const QUANTILES = 2;

/** The part of a shape that is written as JSON. */
export type ShapeHead = Omit<FamilyDescriptor, 'buckets' | 'quantiles'> & {
  readonly constantLabels: Readonly<Record<string, string>>;
};

/** The kind of bounds that a type has. */
const BOUNDS: ReadonlyMap<unknown, number> = new Map<SnapshotType, number>([
  ['counter', NO_BOUNDS],
  ['gauge', NO_BOUNDS],
  ['untyped', NO_BOUNDS],
  ['histogram', BUCKETS],
  ['summary', QUANTILES],
]);

const AGGREGATIONS: ReadonlySet<unknown> = new Set<Aggregation | undefined>([
  ...(['sum', 'min', 'max', 'once', 'average', 'omit', 'ratio'] as const),
  undefined,
]);

const isText = (value: unknown): value is string => typeof value === 'string';
const isLabel = (value: unknown): boolean => isText(value) && isSampleLabelName(value);

/** Returns what is wrong with a head: unknown to this version, or illegal in an exposition. */
export function headProblem(head: unknown): string | undefined {
  const { name, help, type, labelNames, constantLabels, aggregation } = Object(head) as Partial<ShapeHead>;
  const isUnderstood = BOUNDS.has(type) && AGGREGATIONS.has(aggregation);
  const isNamed = isText(name) && isMetricName(name) && isText(help);
  if (!isUnderstood || !isNamed) {
    return 'a metric with an unknown name, type or aggregation';
  }
  const partLabel = PART_LABELS[type as SnapshotType];
  const hasLabels =
    Array.isArray(labelNames) &&
    labelNames.every((label) => isLabel(label) && label !== partLabel) &&
    new Set(labelNames).size === labelNames.length;
  return hasLabels && areLabels(constantLabels) ? undefined : 'a metric with illegal or duplicate labels';
}

/** Returns what is wrong with the bounds of a metric of that type. */
export function boundsProblem(
  type: SnapshotType,
  kind: number,
  bounds: readonly number[],
): string | undefined {
  const isOfType = BOUNDS.get(type) === kind && (kind !== NO_BOUNDS || bounds.length === 0);
  const isRising = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] as number));
  return isOfType && isRising && !bounds.some(Number.isNaN)
    ? undefined
    : `bounds that do not belong to a ${type}`;
}

/** Whether `value` is an object of strings by legal label names. */
export function areLabels(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([label, text]) => isLabel(label) && isText(text))
  );
}
