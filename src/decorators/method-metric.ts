import type { CatalogFamily } from '../catalog/catalog-family.js';
import { InvalidDefinitionError } from '../core/errors.js';
import { assertDefinition, type FamilyDefinition } from '../core/family-definition.js';
import { isPlainObject } from '../options/option-rule.js';
import type { RegistryLease, FamilyOf } from '../registry/registry-lease.js';
import type { MethodIdentity } from './call-recorder.js';
import { MethodLabels, type MethodLabelOptions } from './method-labels.js';

/** What the options of all decorators have in common. */
export interface MethodMetricOptions {
  /** The metric's full name; it gets no prefix. Methods may share one. */
  readonly name?: string | undefined;
  /** One sentence saying what is measured. */
  readonly help?: string | undefined;
  /**
   * Labels of your own. The values of a function are bounded: at most 100 different ones of at most 128 characters,
   * further ones become `other`. A function that throws or does not return a string, number or boolean yields
   * `unknown`, and is counted in `metrics_collector_errors_total{collector="<class>.<method>.labels.<name>"}`.
   *
   * @defaultValue `{}`
   */
  readonly labels?: MethodLabelOptions | undefined;
}

/** The family that a decorator records to, and the labels of a method there. */
export interface MethodMetric<D extends FamilyDefinition, Options> {
  readonly options: Options;
  /** @throws `MetricConflictError` when the name is taken in another way. */
  family(registry: RegistryLease): FamilyOf<D>;
  labelsOf(method: MethodIdentity): MethodLabels;
}

/** What differs between the decorators. */
export interface DecoratorKind<D extends CatalogFamily> {
  readonly decorator: string;
  /** Without a name. */
  readonly catalogFamily: D;
  /** HELP of named families that are given none. */
  readonly help: string;
  /** Options besides those that all have in common. */
  readonly furtherOptions: readonly string[];
}

const COMMON_OPTIONS = ['name', 'help', 'labels'];

/**
 * Reads what a decorator was given: nothing, a name, or options.
 *
 * @throws `InvalidDefinitionError` on unknown options, and on what no exposition could carry.
 */
export function readMethodMetric<D extends CatalogFamily, Options extends MethodMetricOptions>(
  given: readonly unknown[],
  kind: DecoratorKind<D>,
): MethodMetric<D, Options> {
  const options = readOptions(given, kind) as Options & { readonly buckets?: readonly number[] };
  const { name, help = kind.help, labels = {} } = options;
  const { type, labelNames, buckets } = kind.catalogFamily as CatalogFamily;
  if (name === undefined) {
    return {
      options,
      family: (registry) => registry.catalogFamily(kind.catalogFamily),
      labelsOf: ({ className, methodName }) => new MethodLabels({ class: className, method: methodName }),
    };
  }
  if (labelNames.includes('outcome') && Object.hasOwn(labels, 'outcome')) {
    throw new InvalidDefinitionError(
      `@${kind.decorator}() of "${name}" has a label "outcome" of its own. The decorator adds that one by itself; rename yours.`,
    );
  }
  const outcome = labelNames.filter((label) => label === 'outcome');
  const definition: FamilyDefinition = {
    name,
    help,
    type,
    labelNames: [...outcome, ...Object.keys(labels)],
    ...(buckets && { buckets: options.buckets ?? buckets }),
  };
  assertDefinition(definition);
  return {
    options,
    family: (registry) => registry.customFamily(definition) as FamilyOf<D>,
    labelsOf: () => new MethodLabels(labels),
  };
}

function readOptions(given: readonly unknown[], kind: DecoratorKind<CatalogFamily>): MethodMetricOptions {
  const [first = {}, ...rest] = given;
  const { decorator } = kind;
  if (typeof first === 'function' || rest.length > 0) {
    throw new InvalidDefinitionError(`Write @${decorator}(), with parentheses.`);
  }
  const options: unknown = typeof first === 'string' ? { name: first } : first;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidDefinitionError(
      `@${decorator}() takes a metric name or an object of options and got ${String(options)}.`,
    );
  }
  assertOptions(options as Record<string, unknown>, kind);
  return options;
}

function assertOptions(
  options: Readonly<Record<string, unknown>>,
  { decorator, furtherOptions }: DecoratorKind<CatalogFamily>,
): void {
  const allowed = [...COMMON_OPTIONS, ...furtherOptions];
  const unknown = Object.keys(options).filter((option) => !allowed.includes(option));
  if (unknown.length > 0) {
    throw new InvalidDefinitionError(
      `@${decorator}() does not know ${unknown.join(', ')}; allowed: ${allowed.join(', ')}.`,
    );
  }
  const { name, labels = {} } = options;
  const needName = ['help', 'labels', 'buckets'].filter((option) => options[option] !== undefined);
  if (name === undefined && needName.length > 0) {
    throw new InvalidDefinitionError(
      `@${decorator}() has ${needName.join(', ')} and no name. Without a name all methods share one family, whose labels and ` +
        'buckets are fixed; give a name for a metric of your own.',
    );
  }
  const isObject = isPlainObject(labels);
  const illegal = isObject
    ? Object.entries(labels).filter(([, value]) => !LABEL_TYPES.includes(typeof value))
    : [];
  if (!isObject || illegal.length > 0) {
    throw new InvalidDefinitionError(
      `@${decorator}() takes labels as an object of texts, numbers, booleans and functions of the call` +
        (isObject ? `, and got something else for ${illegal.map(([label]) => label).join(', ')}.` : '.'),
    );
  }
}

const LABEL_TYPES = ['string', 'number', 'boolean', 'function'];
