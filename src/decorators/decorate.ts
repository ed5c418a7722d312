import { InvalidDefinitionError } from '../core/errors.js';
import { type CallRecorder, MethodIdentity } from './call-recorder.js';
import { addDecoratedMethod } from './decorated-classes.js';
import type { MetricsOwner } from './metrics-owner.js';
import { MethodMeter } from './method-meter.js';
import { observeResult } from './observed-result.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Makes what records the calls of one method for one owner; throws when its family cannot be had. */
export type CreateRecorder<Begun> = (owner: MetricsOwner, method: MethodIdentity) => CallRecorder<Begun>;

/** What was decorated by which decorator, by the object that has the methods: a class, or its prototype. */
const decorated = new WeakMap<object, Set<string>>();

/**
 * A decorator for methods, and for classes with all their own methods.
 *
 * @param decorator - its name
 */
export function methodOrClassDecorator<Begun>(
  decorator: string,
  createRecorder: CreateRecorder<Begun>,
): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key === undefined) {
      decorateClass(decorator, target, createRecorder);
    } else {
      assertMethod(decorator, target, key, descriptor);
      decorateMethod(decorator, target, key, descriptor, createRecorder);
    }
  };
}

/** A method's own decorator wins over its class's. */
function decorateClass<Begun>(
  decorator: string,
  target: object,
  createRecorder: CreateRecorder<Begun>,
): void {
  const { prototype } = target as { readonly prototype: object };
  for (const holder of [prototype, target]) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (isOwnMethod(holder === target, name, descriptor) && !isDecorated(decorator, holder, name)) {
        decorateMethod(decorator, holder, name, descriptor, createRecorder);
        Object.defineProperty(holder, name, descriptor);
      }
    }
  }
}

/** Static fields that hold functions or classes are enumerable; static methods are not. */
function isOwnMethod(isStatic: boolean, name: string, { value, enumerable }: PropertyDescriptor): boolean {
  return (
    typeof value === 'function' &&
    (isStatic ? enumerable === false : name !== 'constructor') &&
    !isClass(value)
  );
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class');
}

function isDecorated(decorator: string, holder: object, name: string): boolean {
  return decorated.get(holder)?.has(`${decorator} ${name}`) ?? false;
}

function decorateMethod<Begun>(
  decorator: string,
  holder: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
  createRecorder: CreateRecorder<Begun>,
): void {
  const declaringClass = typeof holder === 'function' ? holder : holder.constructor;
  const method = new MethodIdentity(declaringClass, key);
  const meter = new MethodMeter<Begun>(method, (owner) => createRecorder(owner, method));
  descriptor.value = wrap(descriptor.value as Method, meter);
  const names = decorated.get(holder) ?? new Set();
  decorated.set(holder, names.add(`${decorator} ${String(key)}`));
  addDecoratedMethod(declaringClass, meter);
}

/** The same method to everybody who looks at it, with its calls recorded. */
function wrap<Begun>(original: Method, meter: MethodMeter<Begun>): Method {
  const wrapper: Method = function (...args) {
    const recorder = meter.recorderFor(this);
    return recorder === undefined
      ? Reflect.apply(original, this, args)
      : observeCall(original, recorder, this, args);
  };
  const { prototype: _, ...properties } = Object.getOwnPropertyDescriptors(original);
  Object.defineProperties(wrapper, properties);
  copyMetadata(original, wrapper);
  return wrapper;
}

function observeCall<Begun>(
  original: Method,
  recorder: CallRecorder<Begun>,
  self: unknown,
  args: unknown[],
): unknown {
  const begun = recorder.begin(self, args);
  let result: unknown;
  try {
    result = Reflect.apply(original, self, args);
  } catch (error) {
    recorder.end(begun, 'error', self, args, error);
    throw error;
  }
  if (typeof result === 'object' && result !== null) {
    return observeResult(result, recorder, begun, self, args);
  }
  recorder.end(begun, 'success', self, args, result);
  return result;
}

/** What reflect-metadata adds to `Reflect`; without it nobody has put metadata on anything. */
interface Metadata {
  getOwnMetadataKeys(target: object): unknown[];
  getOwnMetadata(key: unknown, target: object): unknown;
  defineMetadata(key: unknown, value: unknown, target: object): void;
}

/** Decorators below this one have put theirs (routes, guards, documentation) on the original function. */
function copyMetadata(original: object, wrapper: object): void {
  const { getOwnMetadataKeys, getOwnMetadata, defineMetadata } = Reflect as Partial<Metadata>;
  for (const key of getOwnMetadataKeys?.(original) ?? []) {
    defineMetadata?.(key, getOwnMetadata?.(key, original), wrapper);
  }
}

function assertMethod(
  decorator: string,
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): asserts descriptor is PropertyDescriptor {
  if (typeof key === 'object') {
    throw new InvalidDefinitionError(
      `@${decorator}() is a decorator as Nest has them: compile with "experimentalDecorators": true.`,
    );
  }
  if (typeof descriptor?.value !== 'function') {
    const holder = typeof target === 'function' ? target : target.constructor;
    throw new InvalidDefinitionError(
      `@${decorator}() is on ${new MethodIdentity(holder, key).toString()}, which is no method. It goes on methods and ` +
        'classes; make a method of an accessor or a property that holds a function.',
    );
  }
}
