import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const BUILT = new URL('../../dist/esm/database/performance/application-frame.js', import.meta.url).href;

/** As those of TypeORM, whose sources are where an application may have its own. */
it('a source map of a package that leads out of it is not taken for the application', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-frame-'));
  const code = join(directory, 'node_modules', 'orm', 'index.js');
  try {
    mkdirSync(dirname(code), { recursive: true });
    writeFileSync(code, 'exports.send = (work) => work();\n//# sourceMappingURL=index.js.map\n');
    writeFileSync(
      `${code}.map`,
      JSON.stringify({ version: 3, sources: ['../../src/orm.ts'], names: [], mappings: 'AAAA' }),
    );
    const application = [
      `import { takeLocation } from ${JSON.stringify(BUILT)};`,
      `import orm from 'orm';`,
      'const locate = orm.send(takeLocation);',
      'console.log(locate());',
    ];
    writeFileSync(join(directory, 'application.mjs'), application.join('\n'));
    const { stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', 'application.mjs'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect([stdout, stderr]).toEqual(['application.mjs:3:20\n', '']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
