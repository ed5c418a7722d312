import { type Bundle, MAX_FAILURES, MAX_NAMED } from './messages.js';

type Failures = Omit<Bundle, 'members'>;

/** Counts what a bundle is without, by cause. */
export class FailureTally {
  private count = 0;
  private late = 0;
  private readonly lateNames: string[] = [];
  private otherVersions = 0;

  /** Counts what another bundle is without. */
  add({ failures, late, otherVersions = 0 }: Failures): void {
    this.count += failures;
    this.otherVersions += otherVersions;
    this.late += late?.count ?? 0;
    this.lateNames.push(...(late?.names ?? []));
  }

  addLate(name: string): void {
    this.add({ failures: 1, late: { count: 1, names: [name] } });
  }

  get failures(): Failures {
    const { late, otherVersions } = this;
    return {
      failures: limited(this.count),
      ...(late > 0 && { late: { count: limited(late), names: this.lateNames.slice(0, MAX_NAMED) } }),
      ...(otherVersions > 0 && { otherVersions: limited(otherVersions) }),
    };
  }
}

function limited(count: number): number {
  return Math.min(count, MAX_FAILURES);
}
