import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LibraryPackage, type UnpackedPackage } from '../support/consumer-package.js';
import { chaptersOf, linksOf, tableRows } from '../support/documentation-blocks.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/package.md`, 'utf8');

const FORMATS = ['esm', 'cjs'];
/** See docs/package.md. */
const ONLY_IN_REPOSITORY =
  /^((api|bench|docs\/grafana|sample|test)\/|CONTRIBUTING\.md$|docs\/(architecture|folders[a-z-]*|recipes)\.md$|docs\/[a-z-]+\.png$)/;
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
      'into the folders `api`, `bench`, `docs/grafana`, `sample` and `test`, to CONTRIBUTING.md, to pictures, and to the pages for contributors',
    );
    expect(missing.filter((target) => !ONLY_IN_REPOSITORY.test(target))).toEqual([]);
  });

  it('has guides that say of each link to a file of the repository that it is there', () => {
    const silent = unpacked.files
      // The index says so once, as README does.
      .filter((path) => /^docs\/.+\.md$/.test(path) && path !== 'docs/README.md')
      .flatMap((file) =>
        [...unpacked.read(file).matchAll(/(?<!!)\[([^\]]+)\]\(([^)#\s]+)[^)]*\)/g)].map(
          ([, words = '', path = '']) => ({ file, words, target: posix.join(posix.dirname(file), path) }),
        ),
      )
      .filter(({ words, target }) => ONLY_IN_REPOSITORY.test(target) && !words.includes('repository'));
    expect(silent).toEqual([]);
  });

  it('runs nothing when it is installed', () => {
    const { scripts } = unpacked.manifest;
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  describe('is as small as the documentation says:', () => {
    const kilobytes = (paths: readonly string[]): number =>
      paths.reduce((sum, path) => sum + unpacked.sizeOf(path), 0) / 1e3;
    const rowsOf = (chapter: string): [what: string, atMost: number][] =>
      tableRows(chaptersOf(page).get(chapter) ?? '')
        .map(([what = '', size = '']): [string, number] => [
          what.replaceAll('`', ''),
          Number.parseFloat(size),
        ])
        .filter(([, atMost]) => Number.isFinite(atMost));
    /** At most what the page says, and not so much less that the page is out of date. */
    const wrongOf = (rows: readonly [what: string, atMost: number, real: number][]): unknown[] =>
      rows.filter(([, atMost, real]) => !(real <= atMost && real > 0.7 * atMost));

    it('each kind of files', () => {
      const rows = rowsOf('Contents');
      const isOf = (path: string, glob: string): boolean => {
        const [beginning = '', end = ''] = glob.split('**/*');
        return path.startsWith(beginning) && path.endsWith(end);
      };
      const globs = rows.map(([what]) => what).filter((what) => what.includes('*'));
      const filesOf = (what: string): string[] =>
        what === 'together'
          ? [...unpacked.files]
          : what.startsWith('all others')
            ? unpacked.files.filter((path) => !globs.some((glob) => isOf(path, glob)))
            : unpacked.files.filter((path) => isOf(path, what));

      expect(rows).toHaveLength(6);
      expect(wrongOf(rows.map(([what, atMost]) => [what, atMost, kilobytes(filesOf(what))]))).toEqual([]);
    });

    it.each(FORMATS)('what an import of the files in %s loads, and what it leaves out', (format) => {
      const { files, hasStarted } = loadedBy(`dist/${format}/index.js`);
      const scripts = unpacked.files.filter(
        (path) => path.startsWith(`dist/${format}/`) && path.endsWith('.js'),
      );
      const below = (folder: string): string[] =>
        scripts.filter((path) => path.startsWith(`dist/${format}/${folder}`));
      const [, atMost = ''] =
        /loads some 300 of these files, at most (\d+) kB/.exec(page.replaceAll(/\s+/g, ' ')) ?? [];
      const rows = rowsOf('What an import loads');
      const folders = ['live/', 'monitoring', 'testing'];

      expect(files.length).toBeGreaterThan(270);
      expect(files.length).toBeLessThan(330);
      const sizes: [what: string, atMost: number, real: number][] = [
        ['the import', Number(atMost), kilobytes(files)],
        ...rows.map(([what, size], index): [string, number, number] => [
          what,
          size,
          kilobytes(below(folders[index] ?? '')),
        ]),
      ];
      expect(wrongOf(sizes)).toEqual([]);
      expect(rows).toHaveLength(folders.length);
      expect(files.filter((path) => [...folders, 'command/', 'cli'].flatMap(below).includes(path))).toEqual(
        [],
      );
      expect(hasStarted).toEqual([]);
    });
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

/** Loads a file after what every application has: which files of its format the process then has, and what keeps the process alive. */
function loadedBy(file: string): { readonly files: string[]; readonly hasStarted: string[] } {
  const script = `
    import { createRequire } from 'node:module';
    import { Session } from 'node:inspector';
    import 'reflect-metadata';
    import '@nestjs/core';
    import 'prom-client';
    const before = process.getActiveResourcesInfo();
    const session = new Session();
    session.connect();
    const urls = [];
    session.on('Debugger.scriptParsed', ({ params: { url } }) => urls.push(url));
    session.post('Debugger.enable');
    const file = ${JSON.stringify(`./${file}`)};
    if (file.includes('/cjs/')) createRequire(process.cwd() + '/')(file);
    else await import(file);
    const hasStarted = process.getActiveResourcesInfo();
    for (const resource of before) hasStarted.splice(hasStarted.indexOf(resource), 1);
    const files = urls
      .map((url) => url.split(process.cwd() + '/')[1] ?? '')
      .filter((path) => path.startsWith('dist/'));
    console.log(JSON.stringify({ files, hasStarted }));
  `;
  const args = ['--input-type=module', '-e', script];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
}

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
