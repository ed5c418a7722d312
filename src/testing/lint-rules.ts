import type { FamilyDescriptor, SnapshotType } from '../core/family-snapshot.js';
import { isUnitAbbreviation, properUnit } from './unit-words.js';

const TYPE_WORDS: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary']);

/** The types whose samples end like this. */
const PART_OWNERS: Readonly<Record<string, readonly SnapshotType[]>> = {
  _bucket: ['histogram'],
  _count: ['histogram', 'summary'],
  _sum: ['histogram', 'summary'],
};

/** What is wrong with a metric's name, each as the rest of a sentence that begins with the metric. */
export function nameProblems({ name, type }: FamilyDescriptor): string[] {
  return [
    ...(type === 'untyped' ? [] : suffixProblems(name, type)),
    ...wordProblems(name),
    ...(name.includes(':') ? ['has a colon in its name; colons are for recording rules'] : []),
    ...(isCamelCase(name) ? ['has a name in camelCase; use snake_case'] : []),
  ];
}

/** What is wrong with a label's name on a metric of that type. */
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
  // At the beginning a short word is rather a name than a unit or a type.
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
