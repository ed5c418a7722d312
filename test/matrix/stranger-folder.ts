import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCached } from '../support/cached-package.js';
import type { LibraryPackage } from '../support/consumer-package.js';
import { ConsumerApplication, INSTALL_FLAGS, runCommand } from '../support/consumer-process.js';

const INSTALL_TIMEOUT_MS = 480_000;
const COMMAND_TIMEOUT_MS = 120_000;

export const NEST_12 = {
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  'prom-client': '15.1.3',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
} as const;

/** Applications in JavaScript of one folder, beside packages that are installed once, and the packed library. */
export class StrangerFolder {
  private constructor(
    private readonly root: string,
    private readonly node: string,
  ) {}

  /**
   * @param folder - beside this file
   * @param packages - exact versions by name
   * @param node - the path of the Node that runs the applications
   */
  static async create(
    folder: string,
    packages: Readonly<Record<string, string>>,
    library: LibraryPackage,
    node: string,
  ): Promise<StrangerFolder> {
    const specifiers = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    const modules = await installCached({
      key: `${folder}-${Object.values(packages).join('-')}`,
      specifiers,
      flags: INSTALL_FLAGS,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    const root = mkdtempSync(join(tmpdir(), `hyper-metrics-${folder}-`));
    const directory = join(root, 'application');
    cpSync(fileURLToPath(new URL(folder, import.meta.url)), directory, { recursive: true });
    symlinkSync(modules, join(root, 'node_modules'));
    mkdirSync(join(directory, 'node_modules'));
    await library.unpackTo(join(directory, 'node_modules/nestjs-hyper-metrics'));
    return new StrangerFolder(root, node);
  }

  private get directory(): string {
    return join(this.root, 'application');
  }

  start(script: string, environment: Readonly<Record<string, string>>): Promise<ConsumerApplication> {
    return ConsumerApplication.start(script, { node: this.node, directory: this.directory, environment });
  }

  /** Runs the command of an installed package. */
  async run(
    script: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { exitCode, stdout, stderr } = await runCommand(
      this.node,
      [join(this.root, 'node_modules', script), ...args],
      { directory: this.directory, timeoutMs: COMMAND_TIMEOUT_MS, environment },
    );
    if (exitCode !== 0) throw new Error(`${script} failed:\n${stdout}${stderr}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
