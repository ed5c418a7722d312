import { ComputedLabels, type LabelFunction } from '../core/tool/computed-labels.js';
import type { LabelValue } from '../core/metric/labels.js';
import type { Outcome } from '../core/tool/outcome.js';

/** The argument of a decorator's label function, passed when the call has ended. */
export interface MethodCall<
  Args extends readonly unknown[] = readonly unknown[],
  Result = unknown,
  Self = unknown,
> {
  readonly args: Args;
  /**
   * The result: a promise's value, the last value of an Observable, the return value of an iterator; `undefined` if the call
   * failed.
   */
  readonly result: Result | undefined;
  /** The error thrown by the method, or by its promise or Observable; `undefined` otherwise. */
  readonly error: unknown;
  /** The value of `this`: the instance, or the class for static methods. */
  readonly instance: Self;
}

/** Declared as a method, so that the parameter may be annotated with the types of the decorated method. */
interface LabelComputation {
  compute(call: MethodCall): LabelValue;
}

/** Computes one label of a call: `({ args }: MethodCall<[Order]>) => args[0].plan`. */
export type MethodLabelFunction = LabelComputation['compute'];

/** Labels of a decorator: fixed values, or functions of the call. */
export type MethodLabelOptions = Readonly<Record<string, LabelValue | MethodLabelFunction>>;

/** The labels of one decorated method, except `outcome`. */
export class MethodLabels {
  readonly names: readonly string[];
  private readonly fixed: Readonly<Record<string, LabelValue>>;
  private readonly computed: ComputedLabels<MethodCall>;

  constructor(labels: MethodLabelOptions) {
    this.names = Object.keys(labels);
    const fixed: Record<string, LabelValue> = {};
    const computed: Record<string, LabelFunction<MethodCall>> = {};
    for (const [name, value] of Object.entries(labels)) {
      if (typeof value === 'function') {
        computed[name] = value;
      } else {
        fixed[name] = value;
      }
    }
    this.fixed = fixed;
    this.computed = new ComputedLabels(computed);
  }

  /** Names of the labels that a function computes for each call. */
  get computedNames(): readonly string[] {
    return this.computed.names;
  }

  /** Whether every call has the same values. */
  get areFixed(): boolean {
    return this.computedNames.length === 0;
  }

  /** Returns the label values of one call. Never throws. */
  valuesFor(
    outcome: Outcome | undefined,
    self: unknown,
    args: readonly unknown[],
    detail: unknown,
    onError: (label: string, error: unknown) => void,
  ): Record<string, LabelValue> {
    const values: Record<string, LabelValue> = { ...this.fixed };
    if (outcome !== undefined) {
      values['outcome'] = outcome;
    }
    if (!this.areFixed) {
      const failed = outcome === 'error';
      const call: MethodCall = {
        // A copy: with `@InFlight()` the method has not run yet.
        args: [...args],
        result: failed ? undefined : detail,
        error: failed ? detail : undefined,
        instance: self,
      };
      this.computed.valuesFor(call, onError).forEach((value, index) => {
        values[this.computed.names[index] as string] = value;
      });
    }
    return values;
  }
}
