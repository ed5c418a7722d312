import { describe, expect, it } from 'vitest';
import { LiveChildren } from '../../../../src/core/metric/live-children.js';
import { survivors } from '../../../support/garbage.js';

function filled(count: number) {
  const live = new LiveChildren<{ detached: boolean }>();
  const children = Array.from({ length: count }, () => ({ detached: false }));
  children.forEach((child) => live.add(child));
  const remove = (at: number) => {
    (children[at] as { detached: boolean }).detached = true;
    live.remove();
  };
  return { live, children, remove };
}

describe('LiveChildren', () => {
  it('come in the order in which they were added, without those that were removed', () => {
    const { live, children, remove } = filled(6);
    [4, 0, 2].forEach(remove);
    const added = { detached: false };
    live.add(added);
    expect(live.all()).toEqual([children[1], children[3], children[5], added]);
    expect(live.all()[3]).toBe(added);
  });

  it('are counted without those that were removed, before and after they were asked for', () => {
    const { live, remove } = filled(6);
    [5, 1].forEach(remove);
    expect(live.size).toBe(4);
    expect(live.all()).toHaveLength(4);
    remove(0);
    expect(live.size).toBe(3);
  });

  it('are none after clear(), and start anew', () => {
    const { live, remove } = filled(6);
    remove(0);
    live.clear();
    expect(live.size).toBe(0);
    expect(live.all()).toEqual([]);
    const added = { detached: false };
    live.add(added);
    expect(live.all()).toEqual([added]);
  });

  it('never keep more that were removed than there are others', async () => {
    const live = new LiveChildren<{ detached: boolean }>();
    const references = Array.from({ length: 1000 }, () => {
      const child = { detached: false };
      live.add(child);
      return new WeakRef(child);
    });
    for (const reference of references.slice(0, 600)) {
      (reference.deref() as { detached: boolean }).detached = true;
      live.remove();
    }
    expect(live.size).toBe(400);
    expect(await survivors(references)).toBeLessThanOrEqual(800);
    expect(live.all()).toHaveLength(400);
    expect(await survivors(references)).toBe(400);
  });
});
