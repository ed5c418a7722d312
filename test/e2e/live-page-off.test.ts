import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Starts and closes an application in a process of its own, on CommonJS. Returns what the process has of the live page. */
function liveFilesWith(endpoint: object): string[] {
  const script = `
    require('reflect-metadata');
    const { Module } = require('@nestjs/common');
    const { NestFactory } = require('@nestjs/core');
    const { HyperMetricsModule } = require('./dist/cjs/index.js');
    class AppModule {}
    Module({ imports: [HyperMetricsModule.forRoot({ endpoint: ${JSON.stringify(endpoint)} })] })(AppModule);
    NestFactory.create(AppModule, { logger: false }).then(async (app) => {
      await app.listen(0, '127.0.0.1');
      const files = Object.keys(require.cache).filter((file) => /dist.cjs.live/.test(file));
      const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
      await app.close();
      console.log(JSON.stringify({ files, timers }));
    });
  `;
  const output = execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
  const { files, timers } = JSON.parse(output) as { files: string[]; timers: string[] };
  // Timers of the page are no reason to stay alive.
  expect(timers).toEqual([]);
  return files.map((file) => file.slice(file.lastIndexOf('/') + 1));
}

it('the live page is not loaded when it is off, and is when it is on', () => {
  expect(liveFilesWith({})).toEqual([]);
  expect(liveFilesWith({ page: true })).toContain('page-document.js');
});
