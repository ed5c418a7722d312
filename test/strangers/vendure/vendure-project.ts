import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installCached } from '../../support/cached-package.js';
import { LibraryPackage } from '../../support/consumer-package.js';
import {
  type CommandResult,
  ConsumerApplication,
  INSTALL_FLAGS,
  runCommand,
} from '../../support/consumer-process.js';
import { ProcessOutput } from '../../support/process-output.js';

const VENDURE = '3.7.3';
/** An optional peer of Vendure's TypeORM, the library's peer, and the scheduler of a plugin. */
const PEERS = ['pg@8.23.1', 'prom-client@15.1.3', '@nestjs/schedule@6.1.3'];
const INSTALL_TIMEOUT_MS = 240_000;
const SCRIPT = 'serve.mjs';
const END_TIMEOUT_MS = 60_000;
const SOURCES = fileURLToPath(new URL('application/', import.meta.url));
const POPULATE_TIMEOUT_MS = 240_000;
/** It would send statistics to its makers. */
const ENVIRONMENT = { VENDURE_DISABLE_TELEMETRY: 'true' };

/** How a process ended: `SIGKILL` if it did not within a minute. */
export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/**
 * A shop with Vendure from npm and the library's tarball. Its directory is inside of the cached installation, where Node.js
 * finds Vendure and the library's peers on the way up, and where nothing has to be copied.
 */
export class VendureProject {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<VendureProject> {
    const packages = await installCached({
      key: `vendure-${VENDURE}-schedule`,
      specifiers: [`@vendure/core@${VENDURE}`],
      // npm takes further packages among its flags.
      flags: [...INSTALL_FLAGS, ...PEERS],
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    const library = await LibraryPackage.pack();
    const directory = mkdtempSync(join(packages, '../shop-'));
    const modules = join(directory, 'node_modules');
    try {
      cpSync(SOURCES, directory, { recursive: true });
      mkdirSync(modules);
      await library.unpackTo(join(modules, 'nestjs-hyper-metrics'));
    } finally {
      library.remove();
    }
    return new VendureProject(directory);
  }

  /** Fills an empty database, by Vendure's own `populate()`. */
  async populate(databaseUrl: string): Promise<void> {
    const { exitCode, stdout, stderr } = await runCommand(process.execPath, ['populate.mjs'], {
      directory: this.directory,
      timeoutMs: POPULATE_TIMEOUT_MS,
      environment: { ...ENVIRONMENT, DATABASE_URL: databaseUrl },
    });
    if (exitCode !== 0) throw new Error(`The shop has no data:\n${stdout}${stderr}`);
  }

  /** With the module if it is given options. */
  start(databaseUrl: string, metricsOptions: object | undefined): Promise<ConsumerApplication> {
    return ConsumerApplication.start(SCRIPT, {
      node: process.execPath,
      directory: this.directory,
      environment: environmentOf(databaseUrl, metricsOptions),
    });
  }

  /** Starts the shop on a port, and waits until it has ended by itself. */
  runAt(port: number, databaseUrl: string, metricsOptions: object | undefined): Promise<CommandResult> {
    return runCommand(process.execPath, [SCRIPT], {
      directory: this.directory,
      timeoutMs: END_TIMEOUT_MS,
      environment: { ...environmentOf(databaseUrl, metricsOptions), PORT: String(port) },
    });
  }

  /** Starts the shop, and asks it to end after some time, whether it listens or not. */
  async terminateAfter(
    delayMs: number,
    databaseUrl: string,
    metricsOptions: object | undefined,
  ): Promise<Ended> {
    const child = spawn(process.execPath, [SCRIPT], {
      cwd: this.directory,
      env: { ...process.env, ...environmentOf(databaseUrl, metricsOptions) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = new ProcessOutput(child);
    const exited = once(child, 'exit');
    await delay(delayMs);
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
    const [, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    clearTimeout(patience);
    return { signal, output: output.text };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function environmentOf(databaseUrl: string, metricsOptions: object | undefined): Record<string, string> {
  return {
    ...ENVIRONMENT,
    DATABASE_URL: databaseUrl,
    ...(metricsOptions === undefined ? {} : { METRICS_OPTIONS: JSON.stringify(metricsOptions) }),
  };
}
