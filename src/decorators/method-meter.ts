import { MetricConflictError } from '../core/errors.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { DroppingRecorder, type CallRecorder, type MethodIdentity } from './call-recorder.js';
import type { DecoratedMethod } from './decorated-classes.js';
import type { MetricsOwner } from './metrics-owner.js';
import { classesShareOwner, ownerOfCall, ownerOfClass, ownersEpoch } from './metrics-owners.js';

/** Finds the recorder for each call of one decorated method. */
export class MethodMeter<Begun = unknown> implements DecoratedMethod {
  private readonly recorders = new WeakMap<RegistryLease, CallRecorder<Begun>>();
  /** The last choice: its epoch of the owners, and its class, unless it holds for every class. */
  private epoch = -1;
  private forEveryClass = false;
  private target: unknown;
  private recorder: CallRecorder<Begun> | undefined;
  private eachCallDecides = false;

  /** @param createRecorder - throws if the family cannot be registered */
  constructor(
    private readonly method: MethodIdentity,
    private readonly createRecorder: (owner: MetricsOwner) => CallRecorder<Begun>,
  ) {}

  prepare(owner: MetricsOwner): void {
    try {
      this.recorders.set(owner.registry, this.createRecorder(owner));
    } catch (error) {
      throw error instanceof MetricConflictError
        ? new MetricConflictError(
            `A decorator of ${this.method.toString()} cannot be used. ${error.message}`,
            { cause: error },
          )
        : error;
    }
  }

  /** Returns `undefined` if the call is not recorded. Never throws. */
  recorderFor(self: unknown): CallRecorder<Begun> | undefined {
    if (
      this.epoch !== ownersEpoch() ||
      (!this.forEveryClass && this.target !== classOf(self, this.method.declaringClass))
    ) {
      this.choose(classOf(self, this.method.declaringClass));
    }
    return this.eachCallDecides ? this.recorderOf(ownerOfCall(self)) : this.recorder;
  }

  private choose(target: unknown): void {
    const owner = ownerOfClass(target);
    this.eachCallDecides = owner === 'by call';
    this.recorder = owner === 'by call' ? undefined : this.recorderOf(owner);
    this.forEveryClass = classesShareOwner();
    this.target = target;
    this.epoch = ownersEpoch();
  }

  private recorderOf(owner: MetricsOwner | undefined): CallRecorder<Begun> | undefined {
    if (owner === undefined || owner.silent) {
      return undefined;
    }
    let recorder = this.recorders.get(owner.registry);
    if (recorder === undefined) {
      recorder = this.tryToCreate(owner);
      this.recorders.set(owner.registry, recorder);
    }
    return recorder;
  }

  private tryToCreate(owner: MetricsOwner): CallRecorder<Begun> {
    try {
      return this.createRecorder(owner);
    } catch (error) {
      return new DroppingRecorder(owner, this.method, error) as unknown as CallRecorder<Begun>;
    }
  }
}

/** Returns the class by which the application is found; the declaring class if `self` has none. */
function classOf(self: unknown, declaringClass: object): unknown {
  if (typeof self === 'function') {
    return self;
  }
  try {
    return (self as object | null | undefined)?.constructor ?? declaringClass;
  } catch {
    return declaringClass;
  }
}
