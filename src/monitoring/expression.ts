import { CATALOG } from '../catalog/catalog.js';

/**
 * A PromQL expression without prefix and selection: `#name` is a sample of a family of the catalog, `@name` one of another exporter
 * (`@up`, `@nodejs_eventloop_lag_p99_seconds`), `job:#name:sum` a recorded series.
 */
export type Expression = string;

/** What an expression becomes for an application and a place. */
export interface ExpressionContext {
  readonly prefix: string;
  /** Label matchers that each selector gets, such as `job="shop"`. */
  readonly matchers?: readonly string[];
  /** Further label matchers of samples. Recorded series do not have their labels, such as `instance`. */
  readonly sampleMatchers?: readonly string[];
  /** Replaces the range `[5m]`. */
  readonly range?: string;
}

/** Families of the catalog, without prefix, and names of other samples. */
export interface SamplesRead {
  readonly families: readonly string[];
  readonly others: readonly string[];
}

/** A recorded name's level, the marker, the name with a recorded name's operation, and the label matchers. */
const SAMPLE = /([\w:]*:)?([#@])([a-z]\w*)((?::\w+)?)(\{[^}]*\})?/gi;

const FAMILY_NAMES: ReadonlySet<string> = new Set(CATALOG.map(({ name }) => name));

/** Writes an expression in PromQL. */
export function writeExpression(
  expression: Expression,
  { prefix, matchers = [], sampleMatchers = [], range = '5m' }: ExpressionContext,
): string {
  return expression
    .replaceAll(
      SAMPLE,
      (_, level: string | undefined, marker: string, name: string, operation: string, own) => {
        const fullName = `${level ?? ''}${marker === '#' ? prefix : ''}${name}${operation}`;
        const labels = typeof own === 'string' ? own.slice(1, -1) : '';
        const ofSample = level === undefined ? sampleMatchers : [];
        const all = [...matchers, ...ofSample, labels].filter((matcher) => matcher !== '');
        return fullName + (all.length === 0 ? '' : `{${all.join(',')}}`);
      },
    )
    .replaceAll('[5m]', `[${range}]`);
}

/** Writes families in prose: those in code, between backticks, get the prefix. */
export function writeProse(text: string, prefix: string): string {
  return text.replaceAll(/`[^`]*`/g, (code) => code.replaceAll(/#(?=[a-z])/g, prefix));
}

/** The samples that an expression reads, other than recorded ones. */
export function samplesOf(expression: Expression): SamplesRead {
  const families = new Set<string>();
  const others = new Set<string>();
  for (const [, level, marker, name = ''] of expression.matchAll(SAMPLE)) {
    if (level === undefined) {
      if (marker === '#') families.add(familyOf(name));
      else others.add(name);
    }
  }
  return { families: [...families], others: [...others] };
}

/** The family of a sample, which is a histogram's with a suffix. */
function familyOf(sample: string): string {
  return FAMILY_NAMES.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, '');
}
