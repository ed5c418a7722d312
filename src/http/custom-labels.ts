import { nowMs } from '../core/stopwatch.js';
import type { HttpLabelContext, HttpLabelFunction } from '../options/hyper-metrics-options.interface.js';

/** Different values that one label takes; further ones become {@link OTHER}. */
const MAX_VALUES = 100;
const MAX_LENGTH = 128;
/** Running longer on the event loop than this is reported as a fault. */
const SLOW_MS = 10;

/** The value of a label whose function gave none. */
const UNKNOWN = 'unknown';
/** The value past {@link MAX_VALUES}. */
const OTHER = 'other';

/** Computes the labels of `http.labels`: bounded, and without harm to the request. */
export class CustomLabels {
  readonly names: readonly string[];
  private readonly labels: readonly {
    readonly name: string;
    readonly compute: HttpLabelFunction;
    readonly known: Set<string>;
  }[];

  /** @param onError - told of values that could not be had: the label's name and the reason */
  constructor(
    functions: Readonly<Record<string, HttpLabelFunction>>,
    private readonly onError: (label: string, error: unknown) => void,
  ) {
    this.names = Object.keys(functions);
    this.labels = Object.entries(functions).map(([name, compute]) => ({ name, compute, known: new Set() }));
  }

  /** One value per name, in their order. Never throws. */
  valuesFor(context: HttpLabelContext): string[] {
    return this.labels.map(({ name, compute, known }) =>
      bounded(this.valueOf(name, compute, context), known),
    );
  }

  private valueOf(name: string, compute: HttpLabelFunction, context: HttpLabelContext): string {
    const startedAtMs = nowMs();
    try {
      const value: unknown = compute(context);
      const spentMs = nowMs() - startedAtMs;
      if (spentMs > SLOW_MS) {
        this.onError(name, new Error(`it blocked the event loop for ${Math.round(spentMs)} ms`));
      }
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
        return String(value).toWellFormed().slice(0, MAX_LENGTH);
      }
      this.onError(name, new TypeError(`it returned ${describe(value)}, and not a string`));
    } catch (error) {
      this.onError(name, error);
    }
    return UNKNOWN;
  }
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
  if (value instanceof Promise) {
    value.catch(() => {});
    return 'a promise';
  }
  return value === null ? 'null' : typeof value;
}
