import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCached } from '../../support/cached-package.js';
import { LibraryPackage } from '../../support/consumer-package.js';
import { ConsumerApplication, INSTALL_FLAGS, runCommand } from '../../support/consumer-process.js';

const VENDURE = '3.7.3';
/** The first is an optional peer of Vendure's TypeORM, the second the library's peer. */
const PEERS = ['pg@8.23.1', 'prom-client@15.1.3'];
const INSTALL_TIMEOUT_MS = 240_000;
const SOURCES = fileURLToPath(new URL('application/', import.meta.url));
const POPULATE_TIMEOUT_MS = 240_000;
/** It would send statistics to its makers. */
const ENVIRONMENT = { VENDURE_DISABLE_TELEMETRY: 'true' };

/**
 * A shop with Vendure from npm and the library's tarball. Its directory is inside of the cached installation, where Node.js
 * finds Vendure and the library's peers on the way up, and where nothing has to be copied.
 */
export class VendureProject {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<VendureProject> {
    const packages = await installCached({
      key: `vendure-${VENDURE}`,
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
    return ConsumerApplication.start('serve.mjs', {
      node: process.execPath,
      directory: this.directory,
      environment: {
        ...ENVIRONMENT,
        DATABASE_URL: databaseUrl,
        ...(metricsOptions === undefined ? {} : { METRICS_OPTIONS: JSON.stringify(metricsOptions) }),
      },
    });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
