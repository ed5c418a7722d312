import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type PackageCopies = typeof import('../../../../src/core/tool/package-copies.js');

const COPIES = Symbol.for('nestjs-hyper-metrics.copies');
const shared = globalThis as { [COPIES]?: unknown };
const before = shared[COPIES];

async function loadCopy(): Promise<PackageCopies> {
  vi.resetModules();
  return import('../../../../src/core/tool/package-copies.js');
}

describe('Copies of the package in one process', () => {
  beforeEach(() => {
    delete shared[COPIES];
  });
  afterEach(() => {
    shared[COPIES] = before;
  });

  it('are told of once, when decorators of one have no application', async () => {
    const [one, other] = [await loadCopy(), await loadCopy()];
    other.noteDecorators();
    one.noteDecorators();
    expect(one.noteApplication()).toMatch(
      /^Another copy of nestjs-hyper-metrics is loaded, .* are not recorded\./,
    );
    expect(one.noteApplication()).toBeUndefined();
    expect((await loadCopy()).noteApplication()).toBeUndefined();
  });

  it('are nothing to tell of when there is one, or when the other decorates nothing or has an application', async () => {
    const [one, other] = [await loadCopy(), await loadCopy()];
    one.noteDecorators();
    expect(one.noteApplication()).toBeUndefined();
    expect(other.noteApplication()).toBeUndefined();
    other.noteDecorators();
    expect(one.noteApplication()).toBeUndefined();
  });
});
