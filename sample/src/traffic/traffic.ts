import { createRandom } from '../common/random.js';
import { type PlannedRequest, planRequest } from './request-mix.js';

const SEED = 7;
const REQUEST_TIMEOUT_MS = 10_000;
/** A stalled application gets no pile of requests on top. */
const MAX_IN_FLIGHT = 20;

export interface TrafficOptions {
  readonly baseUrl: string;
  readonly requestsPerSecond: number;
  readonly durationMs: number;
}

/** A bounded trickle of requests, the same sequence at every run. Nothing that happens to a request is an error here. */
export class Traffic {
  private readonly random = createRandom(SEED);
  private readonly outcomes = new Map<string, number>();
  private readonly inFlight = new Map<AbortController, Promise<void>>();
  private readonly ticker: NodeJS.Timeout;
  private readonly end: NodeJS.Timeout;

  constructor(private readonly options: TrafficOptions) {
    this.ticker = setInterval(() => this.sendNext(), 1000 / options.requestsPerSecond);
    this.end = setTimeout(() => clearInterval(this.ticker), options.durationMs);
  }

  /** Abandons what is in flight. */
  async stop(): Promise<void> {
    clearInterval(this.ticker);
    clearTimeout(this.end);
    for (const request of this.inFlight.keys()) request.abort();
    await Promise.all(this.inFlight.values());
  }

  /** Requests by outcome: a status, `aborted` or `failed`. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.outcomes].toSorted(([one], [other]) => one.localeCompare(other)));
  }

  private sendNext(): void {
    if (this.inFlight.size >= MAX_IN_FLIGHT) return;
    const abort = new AbortController();
    this.inFlight.set(abort, this.sendAndCount(planRequest(this.random), abort));
  }

  private async sendAndCount(request: PlannedRequest, abort: AbortController): Promise<void> {
    const outcome = await this.send(request, abort);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.inFlight.delete(abort);
  }

  private async send(request: PlannedRequest, abort: AbortController): Promise<string> {
    const { method, path, headers, body, abortAfterMs } = request;
    const leave = setTimeout(() => abort.abort(), abortAfterMs ?? REQUEST_TIMEOUT_MS);
    try {
      const response = await fetch(`${this.options.baseUrl}${path}`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: abort.signal,
      });
      await response.arrayBuffer();
      return String(response.status);
    } catch {
      return abort.signal.aborted ? 'aborted' : 'failed';
    } finally {
      clearTimeout(leave);
    }
  }
}
