import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  compileSnippets,
  documentationAlerts,
  documentationSnippets,
} from '../support/documentation-snippets.js';
import { findMissingPrograms } from '../support/prometheus-server.js';
import seed from '../contract/seed-metrics.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

describe('the documentation', () => {
  it('lists the families as the catalog has them', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [`${root}scripts/generate-metrics-docs.mjs`, '--check'],
      { encoding: 'utf8' },
    );

    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each(seed.promql)("README has the contract's query: $title", ({ expr }) => {
    expect(readme).toContain(expr);
  });

  it('has TypeScript that compiles', () => {
    const snippets = documentationSnippets();

    expect(snippets.size).toBeGreaterThan(8);
    expect(compileSnippets(snippets)).toEqual([]);
  });

  it('has alert rules that promtool accepts', ({ skip }) => {
    const rules = documentationAlerts();
    expect(rules).toContain('alert:');
    if (process.env['CI'] === undefined && findMissingPrograms() !== undefined)
      skip('promtool cannot be run');
    const path = mkdtempSync(`${tmpdir()}/hyper-metrics-rules-`);
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    writeFileSync(`${path}/rules.yml`, rules);

    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', `${path}/rules.yml`], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toContain(`SUCCESS: ${rules.split('alert:').length - 1} rules found`);
    expect(status).toBe(0);
  });

  it('README begins with the two commands that CI runs', () => {
    const start = readme.slice(0, 1500);
    expect(start).toContain('npm ci && npm start');
    expect(start).toContain('npm ci && npm test');
  });
});
