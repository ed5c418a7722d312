import { describe, expect, it } from 'vitest';
import { QueryExplainer } from '../../../../src/database/slow-query-log/query-explainer.js';
import type { ObservedQuery, QuerySource } from '../../../../src/database/source/query-source.interface.js';

const SILENT = { log() {}, warn() {} };

/** Returns how many of the latest fingerprints of one source are remembered when there are so many sources. */
function remembered(sourceCount: number): number {
  const explainer = new QueryExplainer(SILENT);
  const sources = Array.from({ length: sourceCount }, () => ({ hasPools: true }) as QuerySource);
  sources.forEach((source) => explainer.watch(source));
  // Not a read: it is remembered, and does not wait.
  const ask = (number: number) =>
    explainer.explanationOf({
      source: sources[0],
      fingerprint: `INSERT ${number}`,
      text: '',
      operation: 'insert',
    } as ObservedQuery);
  const first = Array.from({ length: 600 }, (_, number) => ask(number));
  // The latest first: asking for a forgotten one forgets another.
  const latestFirst = [...first.entries()].toReversed();
  const forgotten = latestFirst.findIndex(([number, explanation]) => ask(number) !== explanation);
  return forgotten < 0 ? latestFirst.length : forgotten;
}

describe('the memory of a query explainer', () => {
  it.each([
    [1, 500],
    [10, 50],
    [1000, 20],
  ])('with %d sources has %d fingerprints of each', (sources, fingerprints) => {
    expect(remembered(sources)).toBe(fingerprints);
  });
});
