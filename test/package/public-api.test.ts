import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/package.md`, 'utf8');

function runScript(
  name: string,
  args: readonly string[],
  cwd: string,
): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [`${root}scripts/${name}`, ...args], { cwd, encoding: 'utf8' });
}

describe('the public API', () => {
  it('is what the committed report says', () => {
    const { stderr, status } = runScript('generate-api-report.mjs', ['--check'], root);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('has no private members and no undeclared names in the report', () => {
    const reports = readdirSync(`${root}api`).map((file) => readFileSync(`${root}api/${file}`, 'utf8'));
    expect(reports.length).toBe(
      Object.values(manifest.exports).filter((to) => typeof to === 'object').length,
    );
    for (const report of reports) {
      expect(report).toContain('export declare ');
      expect(report).not.toMatch(/^\s+private /m);
      expect(report).not.toMatch(/```ts\n```/);
    }
  });

  it('has the exports that the documentation lists', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `nestjs-hyper-metrics'));
    const listed = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    const built = Object.entries(manifest.exports).map(([path, to]) =>
      typeof to === 'string'
        ? [`${manifest.name}${path.slice(1)}`, to, to]
        : [`${manifest.name}${path.slice(1)}`, to.import.default, to.require.default],
    );
    const paths = built.map(([path, ...files]) => [path, ...files.map((file) => file?.replace(/^\.\//, ''))]);
    expect(listed.map(([, ...cells]) => cells.slice(0, 3))).toEqual(paths);
  });
});

describe('the manifest', () => {
  it('names the versions of Node.js that the documentation names, the running one among them', () => {
    expect(page.replaceAll('\\|', '|')).toContain(`\`${manifest.engines.node}\``);
    expect(() => assertEngine(process.versions.node)).not.toThrow();
    for (const version of ['20.18.3', '21.7.0', '22.12.0', '23.11.0'])
      expect(() => assertEngine(version)).toThrow(version);
  });

  it('is published with provenance, to everybody', () => {
    expect(manifest.publishConfig).toMatchObject({ access: 'public', provenance: true });
    expect(manifest.scripts.prepublishOnly).toBe('node scripts/check-release.mjs');
  });
});

describe('the check before a release', () => {
  const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n## [1.2.3]\n\n## [1.2.3-rc.1]\n';
  const repository = { type: 'git', url: 'git+https://example.com/shop/metrics.git' };
  const publishConfig = { provenance: true };

  function check(version: string, more: object): { status: number | null; stderr: string } {
    const folder = mkdtempSync(`${tmpdir()}/hyper-metrics-release-`);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(`${folder}/package.json`, JSON.stringify({ version, publishConfig, ...more }));
    writeFileSync(`${folder}/CHANGELOG.md`, CHANGELOG);
    return runScript('check-release.mjs', [], folder);
  }

  it('lets a version pass that the changelog has, from a repository that is named', () => {
    expect(check('1.2.3', { repository })).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses a version that the changelog does not have', () => {
    const { status, stderr } = check('1.2.4', { repository });
    expect(status).toBe(1);
    expect(stderr).toContain('CHANGELOG.md has no heading "## [1.2.4]"');
  });

  it('lets a pre-release pass that installs only by the tag next', () => {
    const tagged = { ...publishConfig, tag: 'next' };
    expect(check('1.2.3-rc.1', { repository, publishConfig: tagged })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('refuses a pre-release without the tag, and a release with it', () => {
    const preRelease = check('1.2.3-rc.1', { repository });
    expect(preRelease.status).toBe(1);
    expect(preRelease.stderr).toContain('Set "publishConfig.tag" to "next"');

    const release = check('1.2.3', { repository, publishConfig: { ...publishConfig, tag: 'next' } });
    expect(release.status).toBe(1);
    expect(release.stderr).toContain('1.2.3 is no pre-release');
  });

  it('refuses nothing of this package but that its repository has no address yet', () => {
    const { stderr } = runScript('check-release.mjs', [], root);
    expect(stderr.trim().split('\n')).toEqual([
      'package.json has no "repository.url". Provenance needs the public repository that CI publishes from.',
    ]);
  });

  it('refuses provenance of nowhere', () => {
    const { status, stderr } = check('1.2.3', {});
    expect(status).toBe(1);
    expect(stderr).toContain('no "repository.url"');
  });
});

/** `^a.b.c` and `>=a.b.c`, which is all that the field uses. */
function assertEngine(version: string): void {
  const parts = version.split('.').map(Number);
  const admits = manifest.engines.node.split(' || ').some((range) => {
    const least = range
      .replace(/^(\^|>=)/, '')
      .split('.')
      .map(Number);
    const order =
      least.map((part, index) => (parts[index] ?? 0) - part).find((difference) => difference !== 0) ?? 0;
    return order >= 0 && (range.startsWith('>=') || parts[0] === least[0]);
  });
  if (!admits) throw new Error(`engines does not admit ${version}`);
}
