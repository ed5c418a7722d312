import type { Outcome, OutcomeListener } from '../core/tool/outcome.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { MetricsOwner } from './metrics-owner.js';

/** Begins one call. The returned listener records its end, once. */
export type BeginCall = () => OutcomeListener;

const ANONYMOUS = '<anonymous>';

/** Identifies a decorated method: its declaring class and its key. */
export class MethodIdentity {
  constructor(
    readonly declaringClass: object,
    private readonly key: string | symbol,
  ) {}

  /** Read late, because a class's name may change while it is decorated. */
  get className(): string {
    try {
      const { name } = this.declaringClass as { readonly name?: unknown };
      return typeof name === 'string' && name !== '' ? name : ANONYMOUS;
    } catch {
      return ANONYMOUS;
    }
  }

  get methodName(): string {
    return String(this.key);
  }

  toString(): string {
    return `${this.className}.${this.methodName}`;
  }
}

/** Records calls of one decorated method for one owner. */
export abstract class CallRecorder<Begun = unknown> {
  /** See `ReturnedCall`. A method may return the same object repeatedly. */
  readonly lazyResults = new WeakMap<object, { begin: BeginCall }>();

  private readonly faults: WarnOnce;

  constructor(
    private readonly owner: MetricsOwner,
    private readonly method: MethodIdentity,
  ) {
    this.faults = new WarnOnce(owner.logger, `A call of ${method.toString()} could not be recorded`);
  }

  /** Returns the value passed to {@link end}. Must not throw. */
  abstract begin(self: unknown, args: readonly unknown[]): Begun;

  /**
   * Records the end of a call. Never throws: failures are counted, and logged once.
   *
   * @param detail - the result or the error of the call
   */
  end(begun: Begun, outcome: Outcome, self: unknown, args: readonly unknown[], detail: unknown): void {
    try {
      this.record(begun, outcome, self, args, detail);
    } catch (error) {
      this.reportFault(error);
    }
  }

  /** Counts a call that could not be recorded, and logs the first one. Never throws. */
  protected reportFault(error: unknown): void {
    this.owner.registry.countError(this.method.toString());
    this.faults.report(error);
  }

  /** Undoes {@link begin}: the result is lazy, so its work has not begun. */
  abandon(_begun: Begun): void {}

  protected abstract record(
    begun: Begun,
    outcome: Outcome,
    self: unknown,
    args: readonly unknown[],
    detail: unknown,
  ): void;
}

/** Counts every call as not recorded, because its family could not be registered. */
export class DroppingRecorder extends CallRecorder<undefined> {
  constructor(
    owner: MetricsOwner,
    method: MethodIdentity,
    private readonly reason: unknown,
  ) {
    super(owner, method);
  }

  override begin(): undefined {}

  protected override record(): void {
    throw this.reason;
  }
}
