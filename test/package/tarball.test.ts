import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LibraryPackage, type UnpackedPackage } from '../support/consumer-package.js';
import { linksOf } from '../support/documentation-blocks.js';

const page = readFileSync(new URL('../../docs/package.md', import.meta.url), 'utf8');

const FORMATS = ['esm', 'cjs'];
/** See docs/package.md. */
const ONLY_IN_REPOSITORY =
  /^((api|bench|docs\/grafana|sample|test)\/|CONTRIBUTING\.md$|docs\/(architecture|folders[a-z-]*|recipes)\.md$)/;
const ENTRY_POINTS = ['index', 'testing', 'cluster', 'monitoring'];

describe('the tarball', () => {
  let library: LibraryPackage;
  let unpacked: UnpackedPackage;

  beforeAll(async () => {
    library = await LibraryPackage.pack();
    unpacked = await library.unpack();
  });

  afterAll(() => {
    library?.remove();
  });

  it('has what it runs on, what explains it, and nothing else', () => {
    const topLevel = new Set(unpacked.files.map((path) => path.split('/')[0]));
    expect(topLevel).toEqual(
      new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs', 'package.json']),
    );
    const strangers = unpacked.files
      .filter((path) => path.startsWith('dist/') && path !== 'dist/cjs/package.json')
      .filter((path) => !/^dist\/(esm|cjs)\/.+\.(d\.ts|js)$/.test(path));
    expect(strangers).toEqual([]);
  });

  it('has pages whose links lead to what it has, or to what it says that only the repository has', () => {
    const links = unpacked.files
      .filter((path) => path.endsWith('.md'))
      .flatMap((file) =>
        linksOf(unpacked.read(file))
          .map((link) => link.replace(/#.*$/, ''))
          .filter((path) => path !== '')
          .map((path) => posix.join(posix.dirname(file), path)),
      );
    const missing = links.filter(
      (target) => !unpacked.files.some((path) => `${path}/`.startsWith(`${target}/`)),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(page.replaceAll(/\s+/g, ' ')).toContain(
      'into the folders `api`, `bench`, `docs/grafana`, `sample` and `test`, to CONTRIBUTING.md, and to the pages for contributors',
    );
    expect(missing.filter((target) => !ONLY_IN_REPOSITORY.test(target))).toEqual([]);
  });

  it('runs nothing when it is installed', () => {
    const { scripts } = unpacked.manifest;
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  it('is as small as the documentation says', () => {
    const bytes = (paths: readonly string[]): number =>
      paths.reduce((sum, path) => sum + unpacked.sizeOf(path), 0);
    const [, megabytes] = /\*\*At most (\d+) MB\*\* unpacked/.exec(page) ?? [];
    const [, kilobytes] = /at most (\d+) kB/.exec(page) ?? [];
    const scripts = (format: string): string[] =>
      unpacked.files.filter((path) => path.startsWith(`dist/${format}/`) && path.endsWith('.js'));

    expect(bytes(unpacked.files)).toBeGreaterThan(1e6);
    expect(bytes(unpacked.files)).toBeLessThanOrEqual(Number(megabytes) * 1e6);
    expect(bytes(scripts('esm'))).toBeLessThanOrEqual(Number(kilobytes) * 1e3);
    expect(bytes(scripts('cjs'))).toBeLessThanOrEqual(Number(kilobytes) * 1e3);
  });

  it('has as many dependencies as the documentation says: none', () => {
    const { dependencies = {}, peerDependencies, peerDependenciesMeta = {} } = unpacked.manifest;
    const other = ['optionalDependencies', 'bundleDependencies', 'bundledDependencies'];
    expect(page).toContain(`**${Object.keys(dependencies).length}** dependencies`);
    expect(Object.keys(dependencies)).toEqual([]);
    expect(Object.keys(unpacked.manifest).filter((key) => other.includes(key))).toEqual([]);
    for (const peer of Object.keys(peerDependencies)) expect(page).toContain(`\`${peer}\``);
    expect(Object.keys(peerDependenciesMeta)).toEqual(['@nestjs/typeorm', 'pg', 'typeorm']);
  });

  it('has code that leads to no source map, and declarations that an entry point reaches', () => {
    const withMap = unpacked.files.filter(
      (path) => path.endsWith('.js') && unpacked.read(path).includes('sourceMappingURL'),
    );
    expect(withMap).toEqual([]);
    const declarations = unpacked.files.filter((path) => path.endsWith('.d.ts'));
    const reached = FORMATS.flatMap((format) =>
      ENTRY_POINTS.flatMap((entry) => reachableFrom(unpacked, `dist/${format}/${entry}.d.ts`)),
    );
    expect(declarations.toSorted()).toEqual([...new Set(reached)].toSorted());
  });

  it('has the licence of what the live page contains', () => {
    for (const format of FORMATS) {
      const livePage = unpacked.read(`dist/${format}/live/page-document.js`);
      expect(livePage).toContain('Leon Sorokin');
      expect(livePage).toContain('Permission is hereby granted');
    }
  });

  it('imports only what every application has', () => {
    const scripts = unpacked.files.filter((path) => path.endsWith('.js'));
    expect(foreignPackages(unpacked, scripts, requiredPeers(unpacked))).toEqual([]);
  });

  it.each(FORMATS.flatMap((format) => ENTRY_POINTS.map((entry) => `dist/${format}/${entry}.d.ts`)))(
    'has %s, which mentions only what every application has',
    (path) => {
      const declarations = reachableFrom(unpacked, path);
      expect(declarations.length).toBeGreaterThan(1);
      expect(foreignPackages(unpacked, declarations, requiredPeers(unpacked))).toEqual([]);
    },
  );
});

function requiredPeers({ manifest }: UnpackedPackage): string[] {
  return Object.keys(manifest.peerDependencies).filter(
    (name) => manifest.peerDependenciesMeta?.[name]?.optional !== true,
  );
}

/** Every `import`, `export … from`, `import()`, `require()` and reference, as `file: specifier`. */
function foreignPackages(unpacked: UnpackedPackage, files: readonly string[], allowed: string[]): string[] {
  return files.flatMap((file) =>
    specifiersIn(unpacked, file)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter((specifier) => !allowed.includes(packageOf(specifier)))
      .map((specifier) => `${file}: ${specifier}`),
  );
}

function reachableFrom(unpacked: UnpackedPackage, entry: string): string[] {
  const reached = new Set([entry]);
  for (const file of reached) {
    specifiersIn(unpacked, file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.d.ts'))
      .forEach((path) => reached.add(path));
  }
  return [...reached];
}

function specifiersIn(unpacked: UnpackedPackage, file: string): string[] {
  const found = ts.preProcessFile(unpacked.read(file), true, file.endsWith('.js'));
  const references = [...found.importedFiles, ...found.typeReferenceDirectives, ...found.referencedFiles];
  return [...references.map(({ fileName }) => fileName), ...(found.ambientExternalModules ?? [])];
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
