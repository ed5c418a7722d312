import type { OutcomeListener } from '../core/tool/outcome.js';
import type { BeginCall, CallRecorder } from './call-recorder.js';

/**
 * One call of a decorated method whose result has not ended yet.
 *
 * A result is *lazy* if it starts work only on demand, as a query builder does at `then()`. The call that returned it is
 * abandoned, and each start of work is a call. An object is hooked once: if the method returns it again, it is in
 * `lazyResults`, and only its `begin` is replaced, so that labels come from the method's latest call. Objects are hooked
 * before their call is abandoned, because hooking a frozen one throws, and the call must still end.
 */
export class ReturnedCall<Begun = unknown> {
  constructor(
    private readonly recorder: CallRecorder<Begun>,
    private readonly begun: Begun,
    private readonly self: unknown,
    private readonly args: readonly unknown[],
  ) {}

  /** Returns a listener that records the end of the call, once. */
  whenEnded(): OutcomeListener {
    return this.endOf(this.begun);
  }

  /** Abandons this call, because its result is lazy. Returns the function that begins a call at each start of work. */
  asLazy(): BeginCall {
    this.recorder.abandon(this.begun);
    return () => this.endOf(this.recorder.begin(this.self, this.args));
  }

  /** Lazy results already hooked, with the `begin` of the method's latest call. */
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
