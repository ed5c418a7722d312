import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConsumerApplication, runCommand, type CommandResult } from './consumer-process.js';

const TEMPLATES = fileURLToPath(new URL('../package/templates/', import.meta.url));
const INSTALL_TIMEOUT_MS = 240_000;
const COMMAND_TIMEOUT_MS = 120_000;
const LIBRARY = 'node_modules/nestjs-hyper-metrics/';

export interface ConsumerOptions {
  readonly type: 'module' | 'commonjs';
  readonly version: string;
  /** Exact versions by package. */
  readonly packages: Readonly<Record<string, string>>;
  readonly compilerOptions: CompilerOptions;
}

export interface CompilerOptions {
  readonly module: string;
  readonly moduleResolution: string;
}

export interface Compilation {
  /** Errors in the consumer's own code and in the library's declarations; those in other packages are not ours. */
  readonly errors: readonly string[];
  /** The library's entry points that the compiler read, by their paths in the package. */
  readonly declarations: readonly string[];
}

/** A stranger's project in a temporary directory. */
export class ConsumerProject {
  private readonly directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-consumer-'));

  constructor({ type, version, packages, compilerOptions }: ConsumerOptions) {
    this.writeJson('package.json', {
      name: 'consumer',
      version,
      private: true,
      type,
      dependencies: packages,
    });
    this.writeJson('tsconfig.json', {
      compilerOptions: {
        ...compilerOptions,
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
  }

  /**
   * Installs what the project names, the library, and more. Install scripts do not run: nothing here needs them.
   *
   * @returns what npm said about the library and about peers.
   * @throws when npm fails, which it does on peer conflicts.
   */
  async install(tarball: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--ignore-scripts'];
    const named = Object.entries(more).map(([name, version]) => `${name}@${version}`);
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...flags, '--strict-peer-deps', '--save-exact', tarball, ...named],
      { directory: this.directory, timeoutMs: INSTALL_TIMEOUT_MS },
    );
    if (exitCode !== 0) throw new Error(`npm install failed:\n${stderr}`);
    return stderr.split('\n').filter((line) => /ERESOLVE|peer|nestjs-hyper-metrics/i.test(line));
  }

  /** Copies a file or folder of the templates to the same place here. */
  add(path: string, leaveOut?: string): void {
    cpSync(join(TEMPLATES, path), join(this.directory, path), {
      recursive: true,
      filter: (source) => leaveOut === undefined || source !== join(TEMPLATES, leaveOut),
    });
  }

  replace(path: string, text: string, replacement: string): void {
    const before = readFileSync(join(this.directory, path), 'utf8');
    writeFileSync(join(this.directory, path), before.replace(text, replacement));
  }

  /** Compiles `src` to `dist`, or only checks it when other options than the project's are asked for. */
  async compile(otherOptions?: CompilerOptions): Promise<Compilation> {
    const flags = Object.entries(otherOptions ?? {}).flatMap(([name, value]) => [`--${name}`, value]);
    const result = await this.run(
      'node_modules/typescript/bin/tsc',
      ['-p', '.', '--pretty', 'false', '--listFiles'].concat(flags, flags.length > 0 ? '--noEmit' : []),
    );
    const lines = result.stdout.split('\n');
    const errors = lines.filter((line) => line.includes('error TS') && !isAboutStrangers(line));
    const entries = lines.filter((line) => line.includes(LIBRARY) && line.endsWith('/index.d.ts'));
    return {
      errors: result.exitCode === null ? [...errors, 'The compiler took too long.'] : errors,
      declarations: entries.map((line) => line.slice(line.indexOf(LIBRARY) + LIBRARY.length)),
    };
  }

  run(script: string, args: readonly string[] = []): Promise<CommandResult> {
    return runCommand(process.execPath, [script, ...args], {
      directory: this.directory,
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
  }

  start(script: string, environment?: Readonly<Record<string, string>>): Promise<ConsumerApplication> {
    return ConsumerApplication.start(script, this.directory, environment);
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

  has(packageName: string): boolean {
    return existsSync(join(this.directory, 'node_modules', packageName));
  }

  readJson(path: string): unknown {
    return JSON.parse(readFileSync(join(this.directory, path), 'utf8'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private writeJson(path: string, value: object): void {
    writeFileSync(join(this.directory, path), JSON.stringify(value, undefined, 2));
  }
}

/** Errors without a file are about the configuration, and so about us. */
function isAboutStrangers(error: string): boolean {
  return error.startsWith('node_modules/') && !error.startsWith(LIBRARY);
}
