import type { FamilyDescriptor, SnapshotType } from '../core/family-snapshot.js';

/** Known units by the unit to use: Prometheus' base units, and the ratio. */
const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amperes: ['amperes'],
    bytes: ['bytes', 'bits'],
    celsius: ['celsius', 'fahrenheit', 'rankine'],
    grams: ['grams', 'pounds', 'ounces'],
    joules: ['joules', 'calories'],
    kelvin: ['kelvin', 'kelvins'],
    meters: ['meters', 'inches', 'yards', 'miles'],
    metres: ['metres'],
    ratio: ['percent', 'percents', 'percentage', 'pct'],
    seconds: ['seconds', 'minutes', 'hours', 'days', 'weeks'],
    volts: ['volts'],
  }).flatMap(([base, units]) => units.map((unit) => [unit, base] as const)),
);

const MULTIPLES =
  /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mebi|giga|gibi|tera|tebi|peta|pebi)/;

const ABBREVIATIONS: ReadonlySet<string> = new Set('s sec ms us ns m h d b kb mb gb tb pb'.split(' '));

const TYPE_WORDS: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary']);

/** Types of metrics by the suffix that only their samples may have. */
const PART_OWNERS: Readonly<Record<string, readonly SnapshotType[]>> = {
  _bucket: ['histogram'],
  _count: ['histogram', 'summary'],
  _sum: ['histogram', 'summary'],
};

/** Returns what is wrong with a metric's name: each the rest of a sentence that begins with the name. */
export function nameProblems({ name, type }: FamilyDescriptor): string[] {
  return [
    ...(type === 'untyped' ? [] : suffixProblems(name, type)),
    ...wordProblems(name),
    ...(name.includes(':') ? ['has a colon in its name; colons are for recording rules'] : []),
    ...(isCamelCase(name) ? ['has a name in camelCase; use snake_case'] : []),
  ];
}

/** Returns what is wrong with a label's name on a metric of that type. */
export function labelProblems(label: string, type: SnapshotType): string[] {
  const isReserved =
    label.startsWith('__') ||
    (label === 'le' && type !== 'histogram') ||
    (label === 'quantile' && type !== 'summary');
  return [
    ...(isReserved ? [`has the label "${label}", which is reserved`] : []),
    ...(isCamelCase(label) ? [`has the label "${label}" in camelCase; use snake_case`] : []),
  ];
}

function suffixProblems(name: string, type: SnapshotType): string[] {
  const endsInTotal = name.endsWith('_total');
  const isCounter = type === 'counter';
  const parts = Object.entries(PART_OWNERS).filter(
    ([suffix, owners]) => name.endsWith(suffix) && !owners.includes(type),
  );
  return [
    ...(isCounter && !endsInTotal ? ['is a counter, and its name does not end in "_total"'] : []),
    ...(!isCounter && endsInTotal ? [`is a ${type}, and only counters end in "_total"`] : []),
    ...parts.map(([suffix, owners]) => `is a ${type}, and only a ${owners.join(' or ')} has "${suffix}"`),
  ];
}

function wordProblems(name: string): string[] {
  const words = name.toLowerCase().split('_');
  // The first word is more likely a name than a unit or a type.
  const laterWords = words.slice(1);
  return [
    ...words.flatMap((word) => {
      const proper = properUnit(word);
      return proper === undefined || proper === word ? [] : [`has the unit "${word}"; use "${proper}"`];
    }),
    ...laterWords.filter(isUnitAbbreviation).map((word) => `abbreviates a unit: "${word}"; write it out`),
    ...laterWords.filter((word) => TYPE_WORDS.has(word)).map((word) => `has the type "${word}" in its name`),
  ];
}

function isCamelCase(name: string): boolean {
  return /[a-z][A-Z]/.test(name);
}

/** Returns the unit to use for `word`; `undefined` if it is not a known unit. */
function properUnit(word: string): string | undefined {
  return UNITS.get(word) ?? UNITS.get(word.replace(MULTIPLES, ''));
}

function isUnitAbbreviation(word: string): boolean {
  return ABBREVIATIONS.has(word);
}
