import type { PlannedRequest } from './request-mix.js';

export interface SentRequests {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly count: number;
}

/** What was sent so far, as the server must have counted it: exactly, when nothing is unaccounted for. */
export class TrafficStatement {
  private readonly sent = new Map<string, SentRequests>();
  private readonly deviations = new Map<string, number>();

  /** All of them by method, route and status. */
  get requests(): readonly SentRequests[] {
    return [...this.sent.values()];
  }

  get total(): number {
    return this.requests.reduce((sum, { count }) => sum + count, 0);
  }

  /** How often something happened that was not planned, by what it was. */
  get surprises(): ReadonlyMap<string, number> {
    return this.deviations;
  }

  /** `GET 200` and the like, in alphabetical order. */
  countByMethodAndStatus(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const { method, status, count } of this.requests) {
      const key = `${method} ${status}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
    return Object.fromEntries([...counts].toSorted(([one], [other]) => one.localeCompare(other)));
  }

  /** A surprising status is the server's to count nevertheless. */
  add({ method, route, status: planned }: PlannedRequest, status: number): void {
    const key = `${method} ${route} ${status}`;
    this.sent.set(key, { method, route, status, count: (this.sent.get(key)?.count ?? 0) + 1 });
    if (status !== planned) this.addSurprise(`${key} instead of ${planned}`);
  }

  /** The server may have counted this request or not, so it is in no other number. */
  addUnaccounted({ method, route }: PlannedRequest, error: unknown): void {
    this.addSurprise(
      `${method} ${route} unaccounted for: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  private addSurprise(text: string): void {
    this.deviations.set(text, (this.deviations.get(text) ?? 0) + 1);
  }
}
