import { types } from 'node:util';
import { BoundedLabel } from './bounded-label.js';
import { nowMs } from './stopwatch.js';
import { reasonOf } from './warn-once.js';

/** A function that blocks the event loop for longer, in {@link SLOW_CALLS} calls in a row, is reported as a fault. */
const SLOW_MS = 10;
/** A garbage collection, and a busy machine, make single calls of any function slow. */
const SLOW_CALLS = 3;

/** The value of a label whose function failed. */
const UNKNOWN = 'unknown';

/** Computes one label's value from a request or a call. */
export type LabelFunction<Context> = (context: Context) => unknown;

interface ComputedLabel<Context> {
  readonly name: string;
  readonly compute: LabelFunction<Context>;
  readonly bound: BoundedLabel;
  slowInARow: number;
}

/** Computes labels with the user's functions. Bounds their values and catches their errors. */
export class ComputedLabels<Context> {
  readonly names: readonly string[];
  private readonly labels: readonly ComputedLabel<Context>[];

  constructor(functions: Readonly<Record<string, LabelFunction<Context>>>) {
    this.names = Object.keys(functions);
    this.labels = Object.entries(functions).map(([name, compute]) => ({
      name,
      compute,
      bound: new BoundedLabel(),
      slowInARow: 0,
    }));
  }

  /**
   * Returns one value per name, in the order of {@link names}. Never throws.
   *
   * @param onError - called with the label's name, and a reason that says which value the label has, when a function is at fault
   */
  valuesFor(context: Context, onError: (label: string, error: unknown) => void): string[] {
    return this.labels.map((label) => label.bound.valueOf(valueOf(label, context, onError)));
  }
}

function valueOf<Context>(
  label: ComputedLabel<Context>,
  context: Context,
  onError: (label: string, error: unknown) => void,
): string {
  const { name, compute } = label;
  const startedAtMs = nowMs();
  try {
    const value = compute(context);
    const spentMs = nowMs() - startedAtMs;
    label.slowInARow = spentMs > SLOW_MS ? label.slowInARow + 1 : 0;
    if (label.slowInARow >= SLOW_CALLS) {
      onError(name, new Error(`it blocked the event loop for ${Math.round(spentMs)} ms; its value is used`));
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return String(value);
    }
    onError(
      name,
      new TypeError(`it returned ${describe(value)} instead of a string; the label is "unknown"`),
    );
  } catch (error) {
    onError(name, new Error(`it threw ${reasonOf(error)}; the label is "unknown"`, { cause: error }));
  }
  return UNKNOWN;
}

/** Handles a promise's rejection: a refused value must not become an unhandled rejection. */
function describe(value: unknown): string {
  if (types.isPromise(value)) {
    value.catch(() => {});
    return 'a promise';
  }
  return value === null ? 'null' : typeof value;
}
