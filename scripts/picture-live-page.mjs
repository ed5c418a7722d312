// Takes README's picture of the live page from the running sample: node scripts/picture-live-page.mjs [minutes]
// Needs `npm run build`, and Debian's package "chromium".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const MINUTES = Number(process.argv[2] ?? 5);
const MAX_BYTES = 200_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}docs/live-page.png`;

const sample = spawn(process.execPath, ['--enable-source-maps', `${root}sample/dist/start.js`], {
  // Locations are relative to it.
  cwd: root,
  env: { ...process.env, PORT: '0' },
});
try {
  const url = await addressOf(sample.stdout);
  await delay(MINUTES * 60_000);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({
    viewport: { width: 1152, height: 830 },
    locale: 'en-US',
    colorScheme: 'light',
  });
  await page.goto(url);
  await page.locator('#tables tbody tr').first().waitFor();
  await delay(3000);
  await page.screenshot({ path });
  await browser.close();
} finally {
  sample.kill('SIGINT');
  await once(sample, 'exit');
}
const { size } = statSync(path);
if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes; at most ${MAX_BYTES} are allowed.`);
console.log(`${path}: ${size} bytes`);

function addressOf(output) {
  return new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (chunk) => {
      text += chunk;
      const [, url] = /^Live page +(http\S+)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    output.once('end', () => reject(new Error(`The sample did not start:\n${text}`)));
  });
}
