// Builds both module formats, side by side, and the live page. CommonJS needs a package.json of its own, because the root says "type": "module".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildLivePage } from './build-live-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
const endings = await Promise.all(
  ['esm', 'cjs'].map((format) => {
    const args = [tsc, '-p', `${root}tsconfig.${format}.json`];
    return once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  }),
);
if (endings.some(([exitCode]) => exitCode !== 0)) process.exit(1);
mkdirSync(`${root}dist/cjs`, { recursive: true });
writeFileSync(`${root}dist/cjs/package.json`, '{ "type": "commonjs" }\n');
await buildLivePage();
