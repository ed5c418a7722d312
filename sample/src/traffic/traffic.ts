import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../common/random.js';
import { type PlannedRequest, planRequest } from './request-mix.js';
import { sendRequest } from './send-request.js';
import { TrafficStatement } from './traffic-statement.js';

const DEFAULT_SEED = 7;
/** A stalled application gets no pile of requests on top. */
const DEFAULT_CONCURRENCY = 20;
/** Well below the 5 s after which Node's server closes an idle connection, perhaps under a request on its way. */
const IDLE_CONNECTION_MS = 1_000;

export interface TrafficOptions {
  readonly baseUrl: string;
  /** Undefined: as many as the application answers. */
  readonly requestsPerSecond?: number;
  readonly concurrency?: number;
  /** Traffic ends with the first of these; without any at `stop()`. */
  readonly totalRequests?: number;
  readonly durationMs?: number;
  /** How long a client waits for more of an answer, in milliseconds. */
  readonly patienceMs?: number;
  /** The same sequence of requests for the same seed. */
  readonly seed?: number;
  /** The next request; without it, one of the bookshop's mix. */
  readonly plan?: (random: Random) => PlannedRequest;
}

/** Requests of every kind, bounded in rate, number and time, and exactly accounted for. */
export class Traffic {
  readonly statement = new TrafficStatement();
  /** Settles when the last request has ended. */
  readonly ended: Promise<void>;

  private readonly agent: Agent;
  private readonly random;
  private readonly stopping = new AbortController();
  private readonly intervalMs: number;
  private readonly endsAtMs: number;
  private remaining: number;
  private nextTurnMs = performance.now();

  constructor(private readonly options: TrafficOptions) {
    const { concurrency = DEFAULT_CONCURRENCY, requestsPerSecond = Infinity } = options;
    this.agent = new Agent({ keepAlive: true, maxSockets: concurrency, timeout: IDLE_CONNECTION_MS });
    this.random = createRandom(options.seed ?? DEFAULT_SEED);
    this.intervalMs = 1000 / requestsPerSecond;
    this.endsAtMs = performance.now() + (options.durationMs ?? Infinity);
    this.remaining = options.totalRequests ?? Infinity;
    // Every client may be waiting for its turn.
    setMaxListeners(concurrency, this.stopping.signal);
    const clients = Array.from({ length: concurrency }, () => this.runClient());
    this.ended = Promise.all(clients).then(() => this.agent.destroy());
  }

  /** Sends nothing new, and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private async runClient(): Promise<void> {
    const { baseUrl, patienceMs, plan = planRequest } = this.options;
    while (await this.waitForTurn()) {
      const planned = plan(this.random);
      try {
        this.statement.add(planned, await sendRequest(baseUrl, this.agent, planned, patienceMs));
      } catch (error) {
        this.statement.addUnaccounted(planned, error);
      }
    }
  }

  /** False when there is none any more. */
  private async waitForTurn(): Promise<boolean> {
    if (this.remaining <= 0 || this.stopping.signal.aborted) return false;
    this.remaining -= 1;
    // A turn that nobody could take is not made up for.
    const turnMs = Math.max(this.nextTurnMs, performance.now());
    this.nextTurnMs = turnMs + this.intervalMs;
    if (turnMs >= this.endsAtMs) return false;
    const waitMs = turnMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    return !this.stopping.signal.aborted;
  }
}
