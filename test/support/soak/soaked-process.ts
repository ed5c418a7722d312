import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Platform } from '../platforms.js';
import { ProcessOutput } from '../process-output.js';
import { until } from '../watched-database.js';

const SCRIPT = fileURLToPath(new URL('./soak-application.mjs', import.meta.url));
const EXIT_PATIENCE_MS = 60_000;

/** What the application itself says of its work. */
export interface SoakTally {
  readonly queries: number;
  readonly queryErrors: number;
  /** Those for which the server blamed the statement's name. */
  readonly nameErrors: number;
  readonly acquired: number;
  readonly notAcquired: number;
  /** Queries that began after the response of their request had ended: its client had left. */
  readonly afterResponses: number;
  /** Outgoing requests by their end, as their callers see it: a status, `error` or `aborted`. */
  readonly outgoing: Readonly<Record<string, number>>;
  /** Runs of the scheduled job by outcome. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly timed: number;
  readonly floods: number;
  /** Unhandled rejections, uncaught exceptions and warnings of the process. */
  readonly fatal: readonly string[];
  readonly cpuMs: number;
}

export interface HeapReading {
  readonly heapBytes: number;
  /** Buffers, outside of the heap. */
  readonly externalBytes: number;
}

/** What is there after everything was closed. */
export interface Remains {
  /** What keeps the process alive, but for the channel that tells it. */
  readonly kept: readonly string[];
  readonly timers: readonly string[];
}

interface Questions {
  readonly rest: void;
  readonly heap: HeapReading;
  readonly tally: SoakTally;
  readonly close: Remains;
}

interface Message {
  readonly url?: string;
  readonly metricsUrl?: string;
  readonly number?: number;
  readonly answer?: unknown;
}

/** The application under soak: the built library, in a process of its own that shows its heap. */
export class SoakedProcess {
  url = '';
  metricsUrl = '';
  readonly output: ProcessOutput;
  private asked = 0;
  private readonly waiting = new Map<number, (answer: unknown) => void>();

  private constructor(private readonly child: ChildProcess) {
    this.output = new ProcessOutput(child);
    child.on('message', ({ url, metricsUrl, number, answer }: Message) => {
      this.url = url ?? this.url;
      this.metricsUrl = metricsUrl ?? this.metricsUrl;
      this.waiting.get(number ?? 0)?.(answer);
      this.waiting.delete(number ?? 0);
    });
  }

  static async start(databaseUrl: string, platform: Platform): Promise<SoakedProcess> {
    const child = fork(SCRIPT, [databaseUrl, platform], { silent: true, execArgv: ['--expose-gc'] });
    const started = new SoakedProcess(child);
    await until('the application under soak', () => started.url !== '' || started.hasEnded);
    if (started.hasEnded) {
      throw new Error(started.output.text);
    }
    return started;
  }

  /** The table of its slow queries. */
  get slowQueryTable(): string {
    return `soak_slow_${this.child.pid}`;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  ask<Question extends keyof Questions>(question: Question): Promise<Questions[Question]> {
    this.asked += 1;
    const number = this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, (answer) => resolve(answer as Questions[Question]));
      this.child.send({ number, ask: question }, (error) => error && reject(error));
    });
  }

  /** Its exit code, when it ends by itself; `undefined` when something keeps it alive. */
  async exitCode(): Promise<number | null | undefined> {
    if (!this.hasEnded) {
      await Promise.race([once(this.child, 'exit'), delay(EXIT_PATIENCE_MS, undefined, { ref: false })]);
    }
    return this.hasEnded ? this.child.exitCode : undefined;
  }

  async kill(): Promise<void> {
    if (!this.hasEnded) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exited;
    }
  }
}
