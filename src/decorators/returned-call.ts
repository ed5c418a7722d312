import type { OutcomeListener } from '../core/tool/outcome.js';
import type { BeginCall, CallRecorder } from './call-recorder.js';

/**
 * One call of a decorated method that has returned something whose end is still to come.
 *
 * What works only when it is asked is *lazy*: the call that returned it is abandoned, and each asking is a call. A query
 * builder, say, counts from its `then()` on. It is changed once, however often the method returns it: the object is then in
 * `lazyResults`, and only how its next call begins is replaced, so that labels are those of the method's latest call.
 * Objects are changed before their call is abandoned: where that throws (they are frozen), the call still has to end.
 */
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

  /** For results whose work begins when somebody asks for it: the call itself was none, each asking is one. */
  asLazy(): BeginCall {
    this.recorder.abandon(this.begun);
    return () => this.endOf(this.recorder.begin(this.self, this.args));
  }

  /** Results that are observed already, and how their next call begins: that of the method's latest call. */
  get lazyResults(): WeakMap<object, { begin: BeginCall }> {
    return this.recorder.lazyResults;
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
