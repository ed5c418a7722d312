import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { poll } from '../../sample/src/common/poll.js';

const START = { timeoutMs: 60_000, intervalMs: 25 };
const STOP = { timeoutMs: 60_000, intervalMs: 25 };
const ADDRESS = /^Listening at (http:\S+)$/m;

/** Of `npm install` in a temporary folder. Install scripts do not run: nothing here needs them. */
export const INSTALL_FLAGS = [
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--prefer-offline',
  '--ignore-scripts',
] as const;

export interface CommandOptions {
  readonly directory: string;
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  /** Null when it took too long and was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(
  command: string,
  args: readonly string[],
  { directory, timeoutMs, environment = {} }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd: directory,
      env: { ...strangersEnvironment(), ...environment },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error !== null && child.pid === undefined) {
        reject(error);
      } else {
        resolve({ exitCode: child.exitCode, stdout, stderr });
      }
    });
  });
}

export interface StartOptions {
  /** The path of the Node that runs it. */
  readonly node: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** An application in a process of its own that prints its address once it listens. */
export class ConsumerApplication {
  stdout = '';
  stderr = '';

  private constructor(
    private readonly process: ChildProcess,
    private address: string,
  ) {
    process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  static async start(script: string, options: StartOptions): Promise<ConsumerApplication> {
    const { node, directory, environment } = options;
    const child = spawn(node, [script], {
      cwd: directory,
      env: { ...strangersEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const application = new ConsumerApplication(child, '');
    await poll(() => application.hasEnded || ADDRESS.test(application.stdout), START);
    const address = ADDRESS.exec(application.stdout)?.[1];
    if (address === undefined) {
      await application.kill();
      throw new Error(`${script} did not start:\n${application.stdout}${application.stderr}`);
    }
    application.address = address;
    return application;
  }

  get url(): string {
    return this.address;
  }

  /**
   * Harmless when called again.
   *
   * @throws when something keeps the process alive although its application was asked to close.
   */
  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    if (!(await poll(() => this.hasEnded, STOP))) {
      await this.kill();
      throw new Error(`The application did not stop:\n${this.stdout}${this.stderr}`);
    }
  }

  private get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  private async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await poll(() => this.hasEnded, STOP);
  }
}

/** Without what npm and vitest tell their children, so that a nested npm, vitest or Nest runs as if by itself. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const inherited =
    /^(npm_(package|lifecycle|config_(local_prefix|ignore_scripts))|VITEST|NODE_(ENV|OPTIONS)$|DATABASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}
