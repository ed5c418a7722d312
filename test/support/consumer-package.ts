import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './consumer-process.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT_MS = 180_000;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What users get: the tarball that npm would publish. */
export class LibraryPackage {
  private constructor(
    readonly tarball: string,
    private readonly directory: string,
  ) {}

  /** Packs `dist` as it is. Building belongs to `npm test`: other test files read `dist` at the same time. */
  static async pack(): Promise<LibraryPackage> {
    if (!['esm', 'cjs'].every((format) => existsSync(join(CHECKOUT, 'dist', format, 'index.js')))) {
      throw new Error('There is nothing to pack. Run "npm run build" first.');
    }
    const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-package-'));
    const args = ['pack', '--ignore-scripts', `--pack-destination=${directory}`];
    const packing = await runCommand('npm', args, { directory: CHECKOUT, timeoutMs: TIMEOUT_MS });
    const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
    if (packing.exitCode !== 0 || tarball === undefined) {
      rmSync(directory, { recursive: true });
      throw new Error(`npm pack failed:\n${packing.stderr}`);
    }
    return new LibraryPackage(join(directory, tarball), directory);
  }

  async unpack(): Promise<UnpackedPackage> {
    const directory = join(this.directory, 'package');
    await this.unpackTo(directory);
    return new UnpackedPackage(directory);
  }

  /** Puts the package's files into a new directory, without its dependencies. */
  async unpackTo(directory: string): Promise<void> {
    mkdirSync(directory);
    // Every tarball of npm has its files in a folder `package`.
    const unpacking = await runCommand('tar', ['-xzf', this.tarball, '--strip-components=1'], {
      directory,
      timeoutMs: TIMEOUT_MS,
    });
    if (unpacking.exitCode !== 0) {
      throw new Error(`The tarball cannot be read:\n${unpacking.stderr}`);
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class UnpackedPackage {
  /** Paths of all files, with slashes. */
  readonly files: readonly string[];
  readonly manifest: Manifest;

  constructor(private readonly directory: string) {
    this.files = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'));
    this.manifest = JSON.parse(this.read('package.json')) as Manifest;
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  sizeOf(path: string): number {
    return statSync(join(this.directory, path)).size;
  }
}
