import { describe, expect, it } from 'vitest';
import { InvalidDefinitionError } from '../../../src/core/errors.js';
import { assertDefinition } from '../../../src/core/family-definition.js';
import { toDefinition } from '../../../src/service/metric-configuration.js';

const base = { name: 'jobs_total', help: 'Jobs.' };

describe('toDefinition', () => {
  it('reads prom-client’s configuration objects', () => {
    expect(toDefinition('counter', { ...base, labelNames: ['queue'] })).toEqual({
      ...base,
      type: 'counter',
      labelNames: ['queue'],
    });
    expect(toDefinition('gauge', base)).toEqual({ ...base, type: 'gauge', labelNames: [] });
  });

  it('gives histograms prom-client’s buckets unless told otherwise', () => {
    expect(toDefinition('histogram', base).buckets).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]);
    expect(toDefinition('histogram', { ...base, buckets: [1, 2] }).buckets).toEqual([1, 2]);
  });

  it.each([
    ['counter', { collect() {} }, 'collect', 'name, help, labelNames'],
    ['gauge', { buckets: [1] }, 'buckets', 'name, help, labelNames, aggregator'],
    ['counter', { aggregator: 'max' }, 'aggregator', 'name, help, labelNames'],
    [
      'histogram',
      { registers: [], percentiles: [] },
      'registers, percentiles',
      'name, help, labelNames, buckets, native, classic',
    ],
  ] as const)('refuses what a %s would ignore, and says what is read', (type, surplus, named, allowed) => {
    expect(() => toDefinition(type, { ...base, ...surplus })).toThrow(
      new InvalidDefinitionError(
        `The ${type} "jobs_total" is configured with ${named}, which is not supported. Allowed: ${allowed}.`,
      ),
    );
  });

  it.each([undefined, null, 'jobs_total'])('refuses %s, and says what is read', (configuration) => {
    expect(() => toDefinition('counter', configuration as never)).toThrow(
      new InvalidDefinitionError(
        `A counter is configured with ${configuration}. Give an object of name, help, labelNames.`,
      ),
    );
  });

  it.each([
    ['max', 'max'],
    ['first', 'once'],
    ['omit', 'omit'],
  ] as const)('reads the aggregator %s of gauges', (aggregator, aggregation) => {
    expect(toDefinition('gauge', { ...base, aggregator })).toMatchObject({ aggregation });
  });

  it('refuses aggregators that no client has', () => {
    expect(() => toDefinition('gauge', { ...base, aggregator: 'median' as never })).toThrow(
      new InvalidDefinitionError(
        'The gauge "jobs_total" has the aggregator median. Allowed: sum, min, max, first, average, omit.',
      ),
    );
  });

  it('refuses names that are symbols', () => {
    const make = (change: object) => toDefinition('counter', { ...base, ...change });
    expect(() => assertDefinition(make({ labelNames: [Symbol('queue')] }))).toThrow(
      'Metric "jobs_total" has the label name "Symbol(queue)".',
    );
    expect(() => assertDefinition(make({ name: Symbol('jobs') }))).toThrow(InvalidDefinitionError);
    expect(() => make({ name: Symbol('jobs'), collect: true })).toThrow(InvalidDefinitionError);
  });
});
