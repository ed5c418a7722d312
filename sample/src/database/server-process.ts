import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerDirectory } from './server-directory.js';
import { SERVER_USER } from './server-user.js';

const LOG_LINES_IN_ERRORS = 20;

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one; SIGKILL makes no promises. */
export const STOP_SIGNALS = [
  { signal: 'SIGINT', timeoutMs: 10_000 },
  { signal: 'SIGQUIT', timeoutMs: 5_000 },
  { signal: 'SIGKILL', timeoutMs: 5_000 },
] as const;

/** `initdb` or the server, writing to the directory's log. */
export class ServerProcess {
  private readonly ended: Promise<void>;
  private spawnError: Error | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: ServerDirectory,
  ) {
    this.ended = once(child, 'exit').then(
      () => undefined,
      (error: unknown) => {
        this.spawnError = error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  static start(program: string, args: readonly string[], directory: ServerDirectory): ServerProcess {
    const log = openSync(directory.log, 'a');
    try {
      const child = spawn(program, args, {
        cwd: directory.path,
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['ignore', log, log],
        // Ctrl-C goes to the whole foreground group; the server must outlive the application's last query.
        detached: true,
        ...SERVER_USER,
      });
      return new ServerProcess(child, directory);
    } finally {
      closeSync(log);
    }
  }

  get hasEnded(): boolean {
    return this.spawnError !== undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get succeeded(): boolean {
    return this.child.exitCode === 0;
  }

  /** Why it ended, with the last lines of its log. */
  describeEnd(): string {
    if (this.spawnError !== undefined) return this.spawnError.message;
    const { spawnfile, exitCode, signalCode } = this.child;
    const log = readFileSync(this.directory.log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_IN_ERRORS);
    return `${spawnfile} ended with ${signalCode ?? `exit code ${exitCode}`}:\n${log.join('\n')}`;
  }

  /** True when it has ended in time. */
  async waitForEnd(timeoutMs: number): Promise<boolean> {
    const timeout = new AbortController();
    const elapsed = delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined);
    await Promise.race([this.ended, elapsed]);
    timeout.abort();
    return this.hasEnded;
  }

  async stop(): Promise<void> {
    for (const { signal, timeoutMs } of STOP_SIGNALS) {
      if (this.hasEnded) return;
      this.child.kill(signal);
      if (await this.waitForEnd(timeoutMs)) return;
    }
    throw new Error(`${this.child.spawnfile} (pid ${this.child.pid}) cannot be stopped.`);
  }
}
