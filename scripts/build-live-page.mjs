// Builds src/live/page into one HTML document, and writes it as a module, so that bundlers of applications find it: for the ESM
// and the CommonJS build, and for tests, which run from src.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}src/live/page`;
const license = readFileSync(
  createRequire(import.meta.url)
    .resolve('uplot/package.json')
    .replace(/package\.json$/, 'LICENSE'),
  'utf8',
);

export async function buildLivePage() {
  const { output } = await build({
    configFile: false,
    root: page,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      cssCodeSplit: false,
      rollupOptions: { input: `${page}/main.ts`, output: { format: 'iife' } },
    },
  });
  const script = output.find(({ type }) => type === 'chunk').code.trim();
  const style = output.find(({ fileName }) => fileName.endsWith('.css')).source.trim();
  // Functions: a replacement string would have its own meaning of "$".
  const html = readFileSync(`${page}/index.html`, 'utf8')
    .replaceAll(/\n\s*/g, '\n')
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script type="module">${script}</script>`)
    .replace('</html>', () => `</html>\n<!-- This page contains uPlot:\n${license.trim()}\n-->`);
  if (html.split('</script').length !== 2 || html.split('</style').length !== 2) {
    throw new Error('The live page does not have exactly one script and one style.');
  }
  const text = JSON.stringify(html);
  write('src/live/page-document.js', `export const PAGE = ${text};\n`);
  write('dist/esm/live/page-document.js', `export const PAGE = ${text};\n`);
  write('dist/cjs/live/page-document.js', `exports.PAGE = ${text};\n`);
}

function write(path, text) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}
