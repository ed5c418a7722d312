import type { CatalogFamily } from '../catalog/catalog-family.js';
import { InvalidDefinitionError } from '../core/errors.js';
import { assertDefinition, type FamilyDefinition } from '../core/family-definition.js';
import { isPlainObject } from '../options/option-rule.js';
import type { RegistryLease, FamilyOf } from '../registry/registry-lease.js';
import type { MethodIdentity } from './call-recorder.js';
import { MethodLabels, type MethodLabelOptions } from './method-labels.js';

/** Options of all decorators. */
export interface MethodMetricOptions {
  /** The metric's full name, without an added prefix. Several methods may share it. */
  readonly name?: string | undefined;
  /** One sentence that says what is measured. */
  readonly help?: string | undefined;
  /**
   * Your own labels: fixed values, or functions of the call. A function's label has at most 100 values of at most 128 characters;
   * further values become `other`. A function that throws or returns no string, number or boolean yields `unknown`, which is
   * counted in `metrics_collector_errors_total{collector="<class>.<method>.labels.<name>"}`.
   *
   * @defaultValue `{}`
   */
  readonly labels?: MethodLabelOptions | undefined;
}

/** The family that a decorator records to, and the labels of its methods. */
export interface MethodMetric<D extends FamilyDefinition, Options> {
  readonly options: Options;
  /** @throws `MetricConflictError` if the name is registered differently. */
  family(registry: RegistryLease): FamilyOf<D>;
  labelsOf(method: MethodIdentity): MethodLabels;
}

/** Properties in which the decorators differ. */
export interface DecoratorKind<D extends CatalogFamily> {
  readonly decorator: string;
  /** The family without the option `name`. */
  readonly catalogFamily: D;
  /** Default HELP of named families. */
  readonly help: string;
  /** Names of options besides {@link MethodMetricOptions}. */
  readonly furtherOptions: readonly string[];
}

const COMMON_OPTIONS = ['name', 'help', 'labels'];

/**
 * Reads the arguments of a decorator: nothing, a name, or options.
 *
 * @throws `InvalidDefinitionError` on unknown and invalid options.
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
      `@${kind.decorator}() of "${name}" has the label "outcome", which the decorator adds itself. Rename your label.`,
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
      `@${decorator}() has the unknown options ${unknown.join(', ')}; allowed: ${allowed.join(', ')}.`,
    );
  }
  const { name, labels = {} } = options;
  const needName = ['help', 'labels', 'buckets'].filter((option) => options[option] !== undefined);
  if (name === undefined && needName.length > 0) {
    throw new InvalidDefinitionError(
      `@${decorator}() has ${needName.join(', ')} and no name. Without a name all methods share one family with fixed labels and ` +
        'buckets. Add a name for your own metric.',
    );
  }
  const isObject = isPlainObject(labels);
  const illegal = isObject
    ? Object.entries(labels).filter(([, value]) => !LABEL_TYPES.includes(typeof value))
    : [];
  if (!isObject || illegal.length > 0) {
    throw new InvalidDefinitionError(
      `labels of @${decorator}() must be an object of strings, numbers, booleans and functions of the call` +
        (isObject ? `; other values: ${illegal.map(([label]) => label).join(', ')}.` : '.'),
    );
  }
}

const LABEL_TYPES = ['string', 'number', 'boolean', 'function'];
