import { setTimeout as delay } from 'node:timers/promises';
import type { ControlledPostgres } from '../controlled-postgres.js';

/** A round of all faults, with quiet times between them, takes some 9 s. */
const QUIET_MS = 2_000;
const OUTAGE_MS = 1_000;

/** Lets a database fail in every way, again and again. */
export class SoakFaults {
  readonly happened: Record<string, number> = {};
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();

  constructor(private readonly server: ControlledPostgres) {
    this.ended = this.run();
  }

  /** Each fault has happened, and the server runs, when this has settled. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    const faults = [this.terminate, this.restart, this.freeze];
    const goesOn = (turn: number): boolean => turn < faults.length || !this.stopping.signal.aborted;
    for (let turn = 0; goesOn(turn); turn += 1) {
      await delay(QUIET_MS, undefined, { signal: this.stopping.signal }).catch(() => {});
      if (goesOn(turn)) await faults[turn % faults.length]?.();
    }
  }

  private readonly terminate = async (): Promise<void> => {
    const ended = await this.server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'soak-%'",
    );
    this.count('backends terminated', ended.length);
  };

  private readonly restart = async (): Promise<void> => {
    await this.server.shutDown();
    await delay(OUTAGE_MS);
    await this.server.startAgain();
    this.count('server restarts');
  };

  private readonly freeze = async (): Promise<void> => {
    await this.server.freeze();
    await delay(OUTAGE_MS);
    this.server.thaw();
    this.count('server freezes');
  };

  private count(what: string, times = 1): void {
    this.happened[what] = (this.happened[what] ?? 0) + times;
  }
}
