import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { isHostRegistry } from '../../../src/core/host-registry.interface.js';

const complete = {
  registerMetric() {},
  getSingleMetric() {},
  removeSingleMetric() {},
  getMetricsAsArray: () => [],
};

describe('isHostRegistry', () => {
  it('accepts prom-client’s registry and whatever has its methods', () => {
    expect(isHostRegistry(new Registry())).toBe(true);
    expect(isHostRegistry(complete)).toBe(true);
  });

  it.each(Object.keys(complete))('refuses what lacks %s()', (method) => {
    expect(isHostRegistry({ ...complete, [method]: undefined })).toBe(false);
  });

  it.each([[null], [undefined], ['register'], [{}], [[]], [() => {}]])('refuses %s', (value) => {
    expect(isHostRegistry(value)).toBe(false);
  });
});
