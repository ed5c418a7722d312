import { InvalidLabelsError } from '../errors.js';
import type { FamilyDefinition } from '../family-definition.js';

/** A label value; numbers and booleans are converted to strings. */
export type LabelValue = string | number | boolean;

/** Label values by name. A missing name has the empty string as value. */
export type LabelsByName<Label extends string> = [Label] extends [never]
  ? Readonly<Record<string, never>>
  : Readonly<Partial<Record<Label, LabelValue>>>;

/**
 * The type of the parameter `this` of methods without labels. `unknown` when the metric has no labels, or the compiler does not
 * know them (`Counter` without type argument); else `never`.
 */
export type WithoutLabels<Label extends string> = [Label] extends [never]
  ? unknown
  : string extends Label
    ? unknown
    : never;

/** Label values by name, or as an array in the declared order. */
export type LabelValues<Label extends string> = LabelsByName<Label> | readonly LabelValue[];

/**
 * Returns label values as a row of strings in the declared order.
 *
 * Lone surrogates, which UTF-8 cannot encode, become U+FFFD here: at rendering, two series could become equal.
 *
 * @throws {@link InvalidLabelsError} on unknown names, or an array of the wrong length.
 */
export function toLabelRow(definition: FamilyDefinition, values: LabelValues<string>): string[] {
  const { labelNames } = definition;
  if (Array.isArray(values)) {
    if (values.length !== labelNames.length) {
      throw new InvalidLabelsError(
        `Metric "${definition.name}" takes ${labelNames.length} label values (${labelNames.join(', ')}); ` +
          `got ${values.length}.`,
      );
    }
    const inOrder = values as readonly (LabelValue | undefined | null)[];
    return labelNames.map((_, position) => toText(inOrder[position] ?? '', definition));
  }
  if (typeof values !== 'object' || values === null) {
    throw new InvalidLabelsError(
      `Metric "${definition.name}" takes label values as an object or an array; got ${String(values)}.`,
    );
  }
  const byName = values as Readonly<Record<string, LabelValue | undefined>>;
  if (isNeitherPlainNorFilled(byName)) {
    throw new InvalidLabelsError(
      `Metric "${definition.name}" got label values as an object without own properties. Pass a plain object.`,
    );
  }
  for (const name of Object.keys(byName)) {
    if (!labelNames.includes(name)) {
      throw new InvalidLabelsError(
        `Metric "${definition.name}" has no label "${name}". Its labels are: ${labelNames.join(', ') || 'none'}.`,
      );
    }
  }
  return labelNames.map((name) =>
    toText((Object.hasOwn(byName, name) ? byName[name] : undefined) ?? '', definition),
  );
}

/** Whether an object, such as a `Map` or an instance with getters, has no own properties: every label would be empty. */
function isNeitherPlainNorFilled(values: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(values);
  return prototype !== Object.prototype && prototype !== null && Object.keys(values).length === 0;
}

function toText(value: LabelValue, { name }: FamilyDefinition): string {
  try {
    if (typeof value !== 'symbol') {
      return String(value).toWellFormed();
    }
  } catch {
    // An object that cannot be converted.
  }
  throw new InvalidLabelsError(
    `Metric "${name}" got a label value that cannot be converted to a string. Pass strings, numbers or booleans.`,
  );
}
