import type { Child, Family } from '../core/metric/family.js';
import type { Outcome } from '../core/tool/outcome.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { MethodIdentity } from './call-recorder.js';
import type { MethodLabels } from './method-labels.js';
import type { MetricsOwner } from './metrics-owner.js';

/** The series of one decorated method in one family. Children are cached if calls differ only in outcome. */
export class MethodSeries<C extends Child> {
  private readonly kept: Partial<Record<Outcome | 'any', C>> = {};
  private readonly onLabelError: (label: string, error: unknown) => void;

  constructor(
    private readonly family: Family<C>,
    private readonly labels: MethodLabels,
    { registry, logger }: MetricsOwner,
    method: MethodIdentity,
  ) {
    const faults = new Map<string, WarnOnce>();
    const placeOf = (label: string): string => `${method.toString()}.labels.${label}`;
    registry.expectErrors(labels.computedNames.map(placeOf));
    this.onLabelError = (label, error) => {
      const place = placeOf(label);
      registry.countError(place);
      const fault = faults.get(label) ?? new WarnOnce(logger, `The label function ${place} is at fault`);
      faults.set(label, fault);
      fault.report(error);
    };
  }

  /** Creates the series whose labels are known in advance, so that they are exported at 0. */
  prepare(outcomes: readonly (Outcome | undefined)[]): void {
    if (this.labels.areFixed) {
      outcomes.forEach((outcome) => this.childFor(outcome, undefined, [], undefined));
    }
  }

  /** @param outcome - `undefined` for families without that label */
  childFor(outcome: Outcome | undefined, self: unknown, args: readonly unknown[], detail: unknown): C {
    const kept = this.kept[outcome ?? 'any'];
    // The host may have removed the series.
    if (kept?.detached === false) {
      return kept;
    }
    const child = this.family.labels(this.labels.valuesFor(outcome, self, args, detail, this.onLabelError));
    if (this.labels.areFixed) {
      this.kept[outcome ?? 'any'] = child;
    }
    return child;
  }
}
