import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const BUILT = new URL('../../dist/esm/database/source/call-site.js', import.meta.url).href;
const ORM = 'exports.send = (work) => work();\n//# sourceMappingURL=index.js.map\n';

const map = (sources: readonly string[], mappings: string): string =>
  JSON.stringify({ version: 3, sources, names: [], mappings });

/** What an application of these files prints, run with source maps. */
function outputOf(files: Readonly<Record<string, string>>): readonly [stdout: string, stderr: string] {
  const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-frame-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    const { stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', 'application.mjs'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 120_000,
    });
    return [stdout, stderr];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** As those of TypeORM, whose sources are where an application may have its own. */
it('a source map of a package that leads out of it is not taken for the application', () => {
  expect(
    outputOf({
      'node_modules/orm/index.js': ORM,
      'node_modules/orm/index.js.map': map(['../../src/orm.ts'], 'AAAA'),
      'application.mjs': [
        `import { takeLocation } from ${JSON.stringify(BUILT)};`,
        `import orm from 'orm';`,
        'const locate = orm.send(takeLocation);',
        'console.log(locate());',
      ].join('\n'),
    }),
  ).toEqual(['application.mjs:3:20\n', '']);
});

const THROUGH_PACKAGES = [
  `import { takeLocation } from ${JSON.stringify(BUILT)};`,
  `import shop from 'shop';`,
  // The application's own file is not on the stack.
  'setImmediate(shop.load, takeLocation, console.log);',
].join('\n');

it.each([
  ['itself, where its map leads out of it', '../../src/shop.ts', 'node_modules/shop/index.js:2:76'],
  ['its source, where that is published with it', 'src/shop.ts', 'node_modules/shop/src/shop.ts:1:1'],
])('a package that asks is shown by %s', (_name, source, place) => {
  expect(
    outputOf({
      'node_modules/typeorm/index.js': ORM,
      'node_modules/typeorm/index.js.map': map(['../../src/orm.ts'], 'AAAA'),
      'node_modules/shop/index.js': [
        `const orm = require('typeorm');`,
        `exports.load = (takeLocation, print) => print(function load() { return orm.send(takeLocation); }()());`,
        '//# sourceMappingURL=index.js.map\n',
      ].join('\n'),
      'node_modules/shop/index.js.map': map([source], 'AAAA;AAAA'),
      'application.mjs': THROUGH_PACKAGES,
    }),
  ).toEqual([`${place}\n`, '']);
});

it('a bundle is told apart by its source map', () => {
  expect(
    outputOf({
      'application.mjs': [
        `const orm = (work) => work();`,
        `const load = (work) => orm(work);`,
        `const { takeLocation } = await import(${JSON.stringify(BUILT)});`,
        'console.log(load(takeLocation)());',
        '//# sourceMappingURL=application.mjs.map\n',
      ].join('\n'),
      'application.mjs.map': map(
        ['webpack://shop/./node_modules/typeorm/index.js', 'webpack://shop/./src/books.ts'],
        // Its second line is the fourth of the application's source.
        'AAAA;ACGA;AACA;AACA',
      ),
    }),
  ).toEqual(['src/books.ts:4:1\n', '']);
});
