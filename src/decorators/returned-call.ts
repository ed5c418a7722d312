import type { OutcomeListener } from '../core/outcome.js';
import type { CallRecorder } from './call-recorder.js';

/** One call of a decorated method that has returned something whose end is still to come. */
export class ReturnedCall<Begun = unknown> {
  constructor(
    private readonly recorder: CallRecorder<Begun>,
    private readonly begun: Begun,
    private readonly self: unknown,
    private readonly args: readonly unknown[],
  ) {}

  /** The listener records the call, once. */
  whenEnded(): OutcomeListener {
    return this.endOf(this.begun);
  }

  /**
   * For results whose work begins when somebody asks for it: the call itself was none, each asking is one. Calling the
   * result begins one.
   */
  asLazy(): () => OutcomeListener {
    this.recorder.abandon(this.begun);
    return () => this.endOf(this.recorder.begin(this.self, this.args));
  }

  /** Whether this result came from an earlier call too; from now on it has. */
  isRepeated(result: object): boolean {
    const { results } = this.recorder;
    if (results.has(result)) {
      return true;
    }
    results.add(result);
    return false;
  }

  /** The next call may return it as if it was new. */
  forget(result: object): void {
    this.recorder.results.delete(result);
  }

  private endOf(begun: Begun): OutcomeListener {
    let open = true;
    return (outcome, detail) => {
      if (open) {
        open = false;
        this.recorder.end(begun, outcome, this.self, this.args, detail);
      }
    };
  }
}

/**
 * Puts a property on one object, before what its class says.
 *
 * @throws TypeError when the object is frozen.
 */
export function shadow(target: object, property: PropertyKey, value: unknown): void {
  Object.defineProperty(target, property, { value, configurable: true, writable: true, enumerable: false });
}

/** Takes away what was put on with {@link shadow}. */
export function restore(target: object, property: PropertyKey, own: PropertyDescriptor | undefined): void {
  if (own === undefined) {
    Reflect.deleteProperty(target, property);
  } else {
    Object.defineProperty(target, property, own);
  }
}
