import { type ChildProcess, spawn } from 'node:child_process';
import { Client } from 'pg';
import { poll } from '../../sample/src/common/poll.js';
import { startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { isRunning } from '../../sample/src/database/process-table.js';
import { SERVER_USER } from '../../sample/src/database/server-user.js';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 10 };

/** A PostgreSQL server of the test's own, which can fail in every way and come back on the same port. */
export class ControlledPostgres {
  private frozen: readonly number[] = [];
  private restarted: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly directory: string,
    private readonly commandLine: readonly string[],
    private postmaster: number,
    private readonly removeFiles: () => Promise<void>,
  ) {}

  static async start(): Promise<ControlledPostgres> {
    const embedded = await startEmbeddedPostgres();
    const [row] = await queryOnce<{ directory: string; pid: number; options: string }>(
      embedded.url,
      `SELECT current_setting('data_directory') AS directory,
              split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid,
              pg_read_file('postmaster.opts') AS options`,
    );
    if (row === undefined) {
      throw new Error('The server that was started cannot be found.');
    }
    const commandLine = readCommandLine(row.options);
    return new ControlledPostgres(embedded.url, row.directory, commandLine, row.pid, embedded.stop);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Rows of a connection of its own, which is closed again. */
  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return queryOnce<Row>(this.url, text, values);
  }

  /** As an administrator would: every connection ends with an error. */
  async shutDown(): Promise<void> {
    process.kill(this.postmaster, 'SIGINT');
    if (!(await poll(() => !isRunning(this.postmaster), PATIENCE))) {
      throw new Error('The server does not stop.');
    }
  }

  /** On the same port, with the same data. */
  async startAgain(): Promise<void> {
    const [program = '', ...args] = this.commandLine;
    const child = spawn(program, args, {
      cwd: this.directory,
      stdio: 'ignore',
      detached: true,
      ...SERVER_USER,
    });
    child.unref();
    this.restarted = child;
    this.postmaster = child.pid ?? 0;
    const isReady = await poll(
      () =>
        this.query('SELECT 1').then(
          () => true,
          () => false,
        ),
      PATIENCE,
    );
    if (!isReady) {
      throw new Error('The server does not start again.');
    }
  }

  /** Stops the server in its tracks: the kernel still accepts connections and bytes for it, and nobody answers. */
  async freeze(): Promise<void> {
    const backends = await this.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    this.frozen = [this.postmaster, ...backends.map(({ pid }) => pid)];
    this.signalFrozen('SIGSTOP');
  }

  thaw(): void {
    this.signalFrozen('SIGCONT');
    this.frozen = [];
  }

  async stop(): Promise<void> {
    this.thaw();
    if (this.restarted !== undefined && isRunning(this.postmaster)) {
      await this.shutDown();
    }
    await this.removeFiles();
  }

  private signalFrozen(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of this.frozen) {
      if (isRunning(pid)) {
        process.kill(pid, signal);
      }
    }
  }
}

async function queryOnce<Row>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url, application_name: 'test-observer' });
  // What goes wrong is in the rejection.
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query(text, [...values]);
    return rows as Row[];
  } finally {
    await client.end();
  }
}

/** From the server's own note: the path of the program, which may have spaces, and each argument in quotes. */
function readCommandLine(options: string): string[] {
  const [program = ''] = options.split(' "');
  return [
    program,
    ...Array.from(options.slice(program.length).matchAll(/"([^"]*)"/g), ([, value = '']) => value),
  ];
}
