import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileSnippets, documentationSnippets } from '../support/documentation-snippets.js';
import seed from '../contract/seed-metrics.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

describe('the documentation', () => {
  it.each([
    ['the page of families', 'generate-metrics-docs'],
    ['the page of alerts, the rules and the dashboard', 'generate-monitoring-docs'],
    ['what the panels of the dashboard have in common', 'generate-dashboard-shapes'],
  ])('has %s as the code makes them', (_, script) => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/${script}.mjs`, '--check'], {
      encoding: 'utf8',
    });

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

  it('README has the two commands that CI runs on its first screens', () => {
    const start = readme.slice(0, 2500);
    expect(start).toContain('npm ci && npm start');
    expect(start).toContain('npm ci && npm test');
  });
});
