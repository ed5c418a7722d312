import { noteDecorators } from '../core/tool/package-copies.js';
import type { MetricsOwner } from './metrics-owner.js';

/** A decorated method, as an application that has its class sees it. */
export interface DecoratedMethod {
  /**
   * Makes the family that the method records to.
   *
   * @throws `MetricConflictError` when its name is taken in another way.
   */
  prepare(owner: MetricsOwner): void;
}

const methodsByClass = new WeakMap<object, DecoratedMethod[]>();
/** To go through them all. Classes can be made at run time, and must not be kept alive by this. */
let classes: WeakRef<object>[] = [];
let pruneAt = 64;
let added = 0;

/** @param target - the class that declares the method */
export function addDecoratedMethod(target: object, method: DecoratedMethod): void {
  const methods = methodsByClass.get(target);
  if (methods !== undefined) {
    methods.push(method);
    return;
  }
  noteDecorators();
  methodsByClass.set(target, [method]);
  if (classes.length >= pruneAt) {
    classes = classes.filter((reference) => reference.deref() !== undefined);
    pruneAt = Math.max(pruneAt, classes.length * 2);
  }
  classes.push(new WeakRef(target));
  added += 1;
}

/** How many classes were ever added: tells whether something that was derived from them is stale. */
export function decoratedClassesAdded(): number {
  return added;
}

/** Every class that declares decorated methods. */
export function decoratedClasses(): object[] {
  return classes.map((reference) => reference.deref()).filter((target) => target !== undefined);
}

/** The class, and those it extends, as far as they declare decorated methods. */
export function decoratedLineage(target: unknown): object[] {
  const lineage: object[] = [];
  let current: unknown = target;
  while (typeof current === 'function' && current !== Function.prototype) {
    if (methodsByClass.has(current)) {
      lineage.push(current);
    }
    current = Object.getPrototypeOf(current);
  }
  return lineage;
}

/** The decorated methods that a class declares itself. */
export function decoratedMethodsOf(target: object): readonly DecoratedMethod[] {
  return methodsByClass.get(target) ?? [];
}
