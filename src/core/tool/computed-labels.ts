import { types } from 'node:util';
import { nowMs } from './stopwatch.js';

/** Different values that one label takes; further ones become {@link OTHER}. */
const MAX_VALUES = 100;
const MAX_LENGTH = 128;
/** Running longer on the event loop than this is reported as a fault. */
const SLOW_MS = 10;

/** The value of a label whose function gave none. */
const UNKNOWN = 'unknown';
/** The value past {@link MAX_VALUES}. */
const OTHER = 'other';

/** Computes one label from what is known of a request or a call. */
export type LabelFunction<Context> = (context: Context) => unknown;

/** Computes labels by functions of the user's: bounded, and without harm to what is being measured. */
export class ComputedLabels<Context> {
  readonly names: readonly string[];
  private readonly labels: readonly {
    readonly name: string;
    readonly compute: LabelFunction<Context>;
    readonly known: Set<string>;
  }[];

  constructor(functions: Readonly<Record<string, LabelFunction<Context>>>) {
    this.names = Object.keys(functions);
    this.labels = Object.entries(functions).map(([name, compute]) => ({ name, compute, known: new Set() }));
  }

  /**
   * One value per name, in their order. Never throws.
   *
   * @param onError - told of values that could not be had: the label's name and the reason
   */
  valuesFor(context: Context, onError: (label: string, error: unknown) => void): string[] {
    return this.labels.map(({ name, compute, known }) =>
      bounded(valueOf(name, compute, context, onError), known),
    );
  }
}

function valueOf<Context>(
  name: string,
  compute: LabelFunction<Context>,
  context: Context,
  onError: (label: string, error: unknown) => void,
): string {
  const startedAtMs = nowMs();
  try {
    const value = compute(context);
    const spentMs = nowMs() - startedAtMs;
    if (spentMs > SLOW_MS) {
      onError(name, new Error(`it blocked the event loop for ${Math.round(spentMs)} ms`));
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return String(value).toWellFormed().slice(0, MAX_LENGTH);
    }
    onError(name, new TypeError(`it returned ${describe(value)}, and not a string`));
  } catch (error) {
    onError(name, error);
  }
  return UNKNOWN;
}

function bounded(value: string, known: Set<string>): string {
  if (known.has(value)) {
    return value;
  }
  if (known.size >= MAX_VALUES) {
    return OTHER;
  }
  known.add(value);
  return value;
}

/** A promise is refused, and must not become an unhandled rejection. */
function describe(value: unknown): string {
  if (types.isPromise(value)) {
    value.catch(() => {});
    return 'a promise';
  }
  return value === null ? 'null' : typeof value;
}
