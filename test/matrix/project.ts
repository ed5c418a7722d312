import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CommandResult,
  ConsumerApplication,
  INSTALL_FLAGS,
  runCommand,
} from '../support/consumer-process.js';
import type { Combination } from './combination.js';
import type { Installation } from './installation.js';

const TEMPLATES = fileURLToPath(new URL('templates/', import.meta.url));
const INSTALL_TIMEOUT_MS = 480_000;
const COMMAND_TIMEOUT_MS = 480_000;
const LIBRARY = 'node_modules/nestjs-hyper-metrics/';
const ENTRY_POINT = /\/dist\/\w+\/\w+\.d\.ts$/;

/** What applications say their version is. */
export const VERSION = '12.34.56';

export interface CompilerOptions {
  readonly module: string;
  readonly moduleResolution: string;
}

export interface Compilation {
  /** Errors in the application's own code and in the library's declarations; those in other packages are not ours. */
  readonly errors: readonly string[];
  /** The library's entry points that the compiler read, by their paths in the package. */
  readonly declarations: readonly string[];
}

/** A stranger's installation in a temporary directory, with applications that share it. */
export class ConsumerProject {
  readonly directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-consumer-'));

  constructor(private readonly installation: Installation) {
    writeJson(join(this.directory, 'package.json'), {
      name: 'consumer',
      private: true,
      dependencies: installation.packages,
    });
  }

  /**
   * Installs what the project names, and the library.
   *
   * @returns what npm said about the library and about peers.
   * @throws when npm fails, which it does on peer conflicts.
   */
  async install(tarball: string): Promise<string[]> {
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...INSTALL_FLAGS, '--strict-peer-deps', '--save-exact', tarball],
      { directory: this.directory, timeoutMs: INSTALL_TIMEOUT_MS },
    );
    if (exitCode !== 0) throw new Error(`npm install failed:\n${stderr}`);
    return stderr.split('\n').filter((line) => /ERESOLVE|peer|nestjs-hyper-metrics/i.test(line));
  }

  /** The packages of a list that are installed. */
  installed(packageNames: readonly string[]): string[] {
    const dependencies = readDependencies(join(this.directory, 'node_modules/.package-lock.json'));
    return packageNames.filter((name) => dependencies.has(name));
  }

  application(name: string, modules: Combination['modules']): ConsumerBuild {
    return new ConsumerBuild(this.directory, name, modules, this.installation);
  }

  /** Does something while a package cannot be found. */
  async without<Result>(packageName: string, action: () => Promise<Result>): Promise<Result> {
    const place = join(this.directory, 'node_modules', packageName);
    const hidden = join(this.directory, 'hidden');
    renameSync(place, hidden);
    try {
      return await action();
    } finally {
      renameSync(hidden, place);
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The sources of an application, and what its compiler makes of them. */
export class ConsumerBuild {
  private readonly directory: string;

  constructor(
    private readonly root: string,
    name: string,
    modules: Combination['modules'],
    { nest, typeorm, client }: Installation,
  ) {
    this.directory = join(root, name);
    mkdirSync(this.directory);
    writeJson(join(this.directory, 'package.json'), {
      name: 'consumer',
      version: VERSION,
      private: true,
      type: modules === 'esm' ? 'module' : 'commonjs',
    });
    writeJson(join(this.directory, 'tsconfig.json'), {
      compilerOptions: {
        ...compilerOptions(nest, modules),
        target: 'ES2022',
        types: ['node'],
        rootDir: 'src',
        outDir: 'dist',
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        esModuleInterop: true,
      },
      include: ['src'],
    });
    this.add('src', typeorm === 'none' ? 'src/typeorm' : undefined);
    this.replaceIn('src/host-registry.ts', 'prom-client', client);
  }

  /** Copies a file or folder of the templates to the same place here. */
  add(path: string, leaveOut?: string): void {
    cpSync(join(TEMPLATES, path), join(this.directory, path), {
      recursive: true,
      filter: (source) => leaveOut === undefined || source !== join(TEMPLATES, leaveOut),
    });
  }

  replaceIn(path: string, text: string, replacement: string): void {
    const before = readFileSync(join(this.directory, path), 'utf8');
    writeFileSync(join(this.directory, path), before.replace(text, replacement));
  }

  /** Compiles `src` to `dist`, or only checks it when other options than the project's are asked for. */
  async compile(otherOptions?: CompilerOptions): Promise<Compilation> {
    const flags = Object.entries(otherOptions ?? {}).flatMap(([name, value]) => [`--${name}`, value]);
    const result = await this.run(
      process.execPath,
      join(this.root, 'node_modules/typescript/bin/tsc'),
      ['-p', '.', '--pretty', 'false', '--listFiles'].concat(flags, flags.length > 0 ? '--noEmit' : []),
    );
    const lines = result.stdout.split('\n');
    const errors = lines.filter((line) => line.includes('error TS') && !isAboutStrangers(line));
    const entries = lines.filter((line) => line.includes(LIBRARY) && ENTRY_POINT.test(line));
    return {
      errors: result.exitCode === null ? [...errors, 'The compiler took too long.'] : errors,
      declarations: entries.map((line) => line.slice(line.indexOf(LIBRARY) + LIBRARY.length)).toSorted(),
    };
  }

  run(node: string, script: string, args: readonly string[] = []): Promise<CommandResult> {
    return runCommand(node, [script, ...args], {
      directory: this.directory,
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
  }

  start(
    node: string,
    script: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<ConsumerApplication> {
    return ConsumerApplication.start(script, { node, directory: this.directory, environment });
  }

  readJson(path: string): unknown {
    return JSON.parse(readFileSync(join(this.directory, path), 'utf8'));
  }
}

/** Of both generations of Nest's starter project: a Nest that is ES modules needs a resolution that finds them. */
function compilerOptions(nest: Combination['nest'], modules: Combination['modules']): CompilerOptions {
  return nest === '11' && modules === 'cjs'
    ? { module: 'commonjs', moduleResolution: 'node10' }
    : { module: 'nodenext', moduleResolution: 'nodenext' };
}

/** What rxjs before 7.5.5 is for a compiler that reads `exports`, whoever imports it. */
const RXJS_WITHOUT_TYPES = "error TS7016: Could not find a declaration file for module 'rxjs'.";

/** Errors without a file are about the configuration, and so about us. */
function isAboutStrangers(error: string): boolean {
  if (error.includes(RXJS_WITHOUT_TYPES)) return true;
  return error.startsWith('../node_modules/') && !error.startsWith(`../${LIBRARY}`);
}

function readDependencies(lockfile: string): Set<string> {
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8')) as { packages: Record<string, unknown> };
  return new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, JSON.stringify(value, undefined, 2));
}
