import { noteDecorators } from '../core/tool/package-copies.js';
import type { MetricsOwner } from './metrics-owner.js';

/** A decorated method, as seen by an application that has its class. */
export interface DecoratedMethod {
  /**
   * Registers the family that the method records to.
   *
   * @throws `MetricConflictError` if its name is registered differently.
   */
  prepare(owner: MetricsOwner): void;
}

const methodsByClass = new WeakMap<object, DecoratedMethod[]>();
/** Weak references, because classes created at run time must be collectable. */
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

/** Returns the number of classes ever added. A change means that results derived from the classes are stale. */
export function decoratedClassesAdded(): number {
  return added;
}

/** Returns every class that declares decorated methods. */
export function decoratedClasses(): object[] {
  return classes.map((reference) => reference.deref()).filter((target) => target !== undefined);
}

/** Returns those of the class and its base classes that declare decorated methods. */
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

/** Returns the decorated methods that a class declares itself. */
export function decoratedMethodsOf(target: object): readonly DecoratedMethod[] {
  return methodsByClass.get(target) ?? [];
}
