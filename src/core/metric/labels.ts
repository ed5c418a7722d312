import { InvalidLabelsError } from '../errors.js';
import type { FamilyDefinition } from '../family-definition.js';

/** What callers may give as the value of a label; numbers and booleans are converted to text. */
export type LabelValue = string | number | boolean;

/** Label values by name; a name left out has the empty value. Metrics without labels take none. */
export type LabelsByName<Label extends string> = [Label] extends [never]
  ? Readonly<Record<string, never>>
  : Readonly<Partial<Record<Label, LabelValue>>>;

/**
 * `unknown` where a metric may be used without labels: it has none, or the compiler does not know them (`Counter` without
 * its labels). Else `never`. For the parameter `this` of methods that take no labels.
 */
export type WithoutLabels<Label extends string> = [Label] extends [never]
  ? unknown
  : string extends Label
    ? unknown
    : never;

/** Label values by name, or as an array in the declared order. */
export type LabelValues<Label extends string> = LabelsByName<Label> | readonly LabelValue[];

/**
 * The label values as a row in the declared order.
 *
 * Lone surrogates, which UTF-8 cannot carry, become U+FFFD here rather than at rendering, where two series could
 * fall together.
 *
 * @throws {@link InvalidLabelsError} on unknown names, or an array of the wrong length.
 */
export function toLabelRow(definition: FamilyDefinition, values: LabelValues<string>): string[] {
  const { labelNames } = definition;
  if (Array.isArray(values)) {
    if (values.length !== labelNames.length) {
      throw new InvalidLabelsError(
        `Metric "${definition.name}" takes ${labelNames.length} label values (${labelNames.join(', ')}) ` +
          `and got ${values.length}.`,
      );
    }
    const inOrder = values as readonly (LabelValue | undefined | null)[];
    return labelNames.map((_, position) => toText(inOrder[position] ?? '', definition));
  }
  if (typeof values !== 'object' || values === null) {
    throw new InvalidLabelsError(
      `Metric "${definition.name}" takes label values as an object or an array and got ${String(values)}.`,
    );
  }
  const byName = values as Readonly<Record<string, LabelValue | undefined>>;
  if (isNeitherPlainNorFilled(byName)) {
    throw new InvalidLabelsError(
      `Metric "${definition.name}" got an object without properties of its own. Give the label values as a plain object.`,
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

/** A `Map`, or an instance whose values are getters of its class: every label would be empty. */
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
    // An object that has no text.
  }
  throw new InvalidLabelsError(
    `Metric "${name}" got a label value that has no text. Give strings, numbers or booleans.`,
  );
}
