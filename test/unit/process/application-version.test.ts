import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applicationVersion } from '../../../src/process/application-version.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'application-version-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes a file below the temporary folder and answers its path. */
function write(path: string, content: string | Record<string, unknown> = ''): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('applicationVersion', () => {
  it('is that of the package.json next to the main script', () => {
    write('package.json', { version: '1.2.3' });
    expect(applicationVersion(write('main.js'))).toBe('1.2.3');
  });

  it('is that of the nearest package.json above', () => {
    write('package.json', { version: '1.0.0' });
    write('apps/shop/package.json', { version: '2.0.0' });
    expect(applicationVersion(write('apps/shop/dist/src/main.js'))).toBe('2.0.0');
    expect(applicationVersion(write('apps/bank/dist/main.js'))).toBe('1.0.0');
  });

  it.each([
    ['has no version', '{"type":"commonjs"}'],
    ['has an empty version', '{"version":""}'],
    ['has a number for a version', '{"version":3}'],
    ['is no JSON', '{ version: oops'],
    ['is empty', ''],
    ['is null', 'null'],
    ['is a text', '"1.2.3"'],
  ])('passes over a package.json that %s', (_, content) => {
    write('package.json', { version: '1.2.3' });
    write('dist/package.json', content);
    expect(applicationVersion(write('dist/main.js'))).toBe('1.2.3');
  });

  it('passes over a folder named package.json', () => {
    write('package.json', { version: '1.2.3' });
    write('dist/package.json/file');
    expect(applicationVersion(write('dist/main.js'))).toBe('1.2.3');
  });

  it('follows a symbolic link to the script, as .bin folders have them', () => {
    write('elsewhere/package.json', { version: '9.9.9' });
    write('app/package.json', { version: '1.2.3' });
    const link = join(root, 'elsewhere/start');
    symlinkSync(write('app/dist/main.js'), link);
    expect(applicationVersion(link)).toBe('1.2.3');
  });

  it('follows a symbolic link to a folder, as deployments have them', () => {
    write('releases/7/package.json', { version: '7.0.0' });
    write('releases/7/dist/main.js');
    symlinkSync(join(root, 'releases/7/dist'), join(root, 'current'));
    expect(applicationVersion(join(root, 'current/main.js'))).toBe('7.0.0');
  });

  it('is found when the script is named without its extension', () => {
    write('package.json', { version: '1.2.3' });
    const script = write('dist/main.js');
    expect(applicationVersion(script.replace('.js', ''))).toBe('1.2.3');
  });

  it('is found when the application is started by its folder, as with `node .`', () => {
    write('package.json', { version: '1.2.3', main: 'dist/main.js' });
    write('dist/main.js');
    expect(applicationVersion(root)).toBe('1.2.3');
  });

  it('is 0.0.0 when there is none up to the root', () => {
    expect(applicationVersion(write('main.js'))).toBe('0.0.0');
    expect(applicationVersion('/no/such/folder/main.js')).toBe('0.0.0');
  });
});

describe('without a main script', () => {
  const { argv } = process;
  afterEach(() => {
    process.argv = argv;
  });

  it('is 0.0.0, as in `node -e` and the REPL', () => {
    process.argv = argv.slice(0, 1);
    expect(applicationVersion()).toBe('0.0.0');
  });

  it('is looked for from process.argv otherwise', () => {
    write('package.json', { version: '4.5.6' });
    process.argv = [argv[0] ?? '', write('main.js')];
    expect(applicationVersion()).toBe('4.5.6');
  });
});
