import { register, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  globalHostRegistry,
  isProcessWideRegistryOpen,
  openProcessWideRegistry,
  processWideRegistry,
  registryOf,
  noopRegistry,
} from '../../../src/registry/default-registry.js';

describe('registryOf', () => {
  it('is one registry of ours for each host registry and prefix', () => {
    const host = new Registry();
    const registry = registryOf(host, 'app_');
    expect(registryOf(host, 'app_')).toBe(registry);
    expect(registryOf(host, 'other_')).not.toBe(registry);
    expect(registryOf(new Registry(), 'app_')).not.toBe(registry);
    expect([registry.host, registry.prefix, registry.isNoop]).toEqual([host, 'app_', false]);
  });
});

describe('the process-wide registry', () => {
  const closings: (() => void)[] = [];
  const open = (prefix: string) => {
    const registry = registryOf(globalHostRegistry, prefix);
    const close = openProcessWideRegistry(registry);
    closings.push(close);
    return { registry, close };
  };
  afterEach(() => {
    closings.splice(0).forEach((close) => close());
  });

  it('is prom-client’s global registry under the default prefix when no application is open', () => {
    expect(isProcessWideRegistryOpen()).toBe(false);
    expect(processWideRegistry()).toBe(registryOf(register, 'hyperdjango_'));
  });

  it('is that of the first open application, then of the next, then the default again', () => {
    const first = open('first_');
    const second = open('second_');
    expect(isProcessWideRegistryOpen()).toBe(true);
    expect(processWideRegistry()).toBe(first.registry);
    first.close();
    expect(processWideRegistry()).toBe(second.registry);
    second.close();
    expect(isProcessWideRegistryOpen()).toBe(false);
    expect(processWideRegistry().prefix).toBe('hyperdjango_');
  });

  it('stays open while one of two applications that share it is open', () => {
    const first = open('shared_');
    const second = open('shared_');
    first.close();
    expect(processWideRegistry()).toBe(second.registry);
    expect(isProcessWideRegistryOpen()).toBe(true);
  });
});

describe('a silent registry', () => {
  it('keeps its families away from every host registry and records nothing', async () => {
    const registry = noopRegistry('app_');
    const definition = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: [] } as const;
    const family = registry.family('jobs_total', definition, {});
    expect(registry.family('jobs_total', definition)).toBe(family);
    expect(register.getSingleMetric('jobs_total')).toBeUndefined();
    expect(family.snapshot().labelRows).toEqual([]);
    expect(await registry.gather()).toEqual([]);
  });
});
