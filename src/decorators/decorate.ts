import { InvalidDefinitionError } from '../core/errors.js';
import { type CallRecorder, MethodIdentity } from './call-recorder.js';
import { addDecoratedMethod } from './decorated-classes.js';
import type { MetricsOwner } from './metrics-owner.js';
import { MethodMeter } from './method-meter.js';
import { type Method, wrapMethod } from './wrap-method.js';

/** Creates the recorder of one method for one owner. Throws if its family cannot be registered. */
export type CreateRecorder<Begun> = (owner: MetricsOwner, method: MethodIdentity) => CallRecorder<Begun>;

/** Keys of decorated methods by decorator, and by holder: a class or its prototype. */
const decorated = new Map<string, WeakMap<object, Set<PropertyKey>>>();

/**
 * Returns a decorator for methods, and for classes with all their own methods.
 *
 * @param decorator - its name, for errors
 */
export function methodOrClassDecorator<Begun>(
  decorator: string,
  createRecorder: CreateRecorder<Begun>,
): MethodDecorator & ClassDecorator {
  return (
    target: object,
    ...place: readonly [key?: string | symbol, descriptor?: PropertyDescriptor]
  ): void => {
    if (place.length === 0) {
      decorateClass(decorator, target, createRecorder);
    } else {
      const [key = 'constructor', descriptor] = place;
      assertMethod(decorator, target, key, descriptor);
      decorateMethod(decorator, target, key, descriptor, createRecorder);
    }
  };
}

/** A method's own decorator takes precedence over its class's. */
function decorateClass<Begun>(
  decorator: string,
  target: object,
  createRecorder: CreateRecorder<Begun>,
): void {
  const { prototype } = target as { readonly prototype: object };
  for (const holder of [prototype, target]) {
    const known = decoratedKeys(decorator, holder);
    for (const key of Reflect.ownKeys(holder)) {
      const descriptor = Object.getOwnPropertyDescriptor(holder, key);
      if (descriptor !== undefined && !known.has(key) && isOwnMethod(holder === target, key, descriptor)) {
        assertConfigurable(decorator, target, key, descriptor);
        decorateMethod(decorator, holder, key, descriptor, createRecorder);
        Object.defineProperty(holder, key, descriptor);
      }
    }
  }
}

/** Static methods are not enumerable; static fields that hold functions are. */
function isOwnMethod(
  isStatic: boolean,
  key: string | symbol,
  { value, enumerable }: PropertyDescriptor,
): boolean {
  return (
    typeof value === 'function' &&
    (isStatic ? enumerable === false : key !== 'constructor') &&
    !isClass(value)
  );
}

function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

function decoratedKeys(decorator: string, holder: object): Set<PropertyKey> {
  const byHolder = decorated.get(decorator) ?? new WeakMap<object, Set<PropertyKey>>();
  decorated.set(decorator, byHolder);
  const keys = byHolder.get(holder) ?? new Set();
  byHolder.set(holder, keys);
  return keys;
}

function decorateMethod<Begun>(
  decorator: string,
  holder: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
  createRecorder: CreateRecorder<Begun>,
): void {
  const method = new MethodIdentity(classOf(holder), key);
  const meter = new MethodMeter<Begun>(method, (owner) => createRecorder(owner, method));
  descriptor.value = wrapMethod(descriptor.value as Method, meter);
  decoratedKeys(decorator, holder).add(key);
  addDecoratedMethod(method.declaringClass, meter);
}

function classOf(holder: object): object {
  return typeof holder === 'function' ? holder : holder.constructor;
}

function assertMethod(
  decorator: string,
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): asserts descriptor is PropertyDescriptor {
  if (typeof key === 'object') {
    throw new InvalidDefinitionError(
      `@${decorator}() needs legacy decorators: set "experimentalDecorators": true in tsconfig.json.`,
    );
  }
  if (typeof descriptor?.value !== 'function') {
    const place = new MethodIdentity(classOf(target), key).toString();
    throw new InvalidDefinitionError(
      `@${decorator}() is on ${place}, which is not a method. Use it on methods and classes; turn an accessor, or a property that ` +
        'holds a function, into a method.',
    );
  }
}

function assertConfigurable(
  decorator: string,
  target: object,
  key: string | symbol,
  { configurable, writable }: PropertyDescriptor,
): void {
  if (configurable === false && writable === false) {
    const method = new MethodIdentity(target, key).toString();
    throw new InvalidDefinitionError(
      `@${decorator}() is on a class whose method ${method} is frozen. Decorate it before freezing it.`,
    );
  }
}
