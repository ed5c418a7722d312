import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CATALOG } from '../../src/catalog/catalog.js';
import { type Block, documentationBlocks, queriesOf } from '../support/documentation-blocks.js';
import { documentationSnippets } from '../support/documentation-snippets.js';
import { findMissingPrograms } from '../support/prometheus-server.js';
import { runSnippets } from '../support/snippet-runs.js';
import manifest from '../../package.json' with { type: 'json' };
import seed from '../contract/seed-metrics.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const blocks = documentationBlocks();
const of = (...languages: string[]): Block[] => blocks.filter(({ language }) => languages.includes(language));

/** Blocks that no test of this file runs, by words that are in them, and why. */
const NOT_RUN_HERE: readonly { readonly language: string; readonly has: string; readonly why: string }[] = [
  { language: '', has: '# HELP hyperdjango_http_requests_total', why: 'what a scrape answers' },
  { language: '', has: '[HyperMetrics] Metrics at', why: 'a line of the log' },
  { language: '', has: 'Ctrl-C stops everything.', why: 'what the sample prints; test/servers/sample' },
  { language: '', has: 'WARN [HyperMetrics] N+1 queries', why: 'a line of the log' },
  { language: '', has: 'WARN [HyperMetrics] Suspected connection leak', why: 'a line of the log' },
  { language: '', has: 'Server-Timing: db', why: 'a header' },
  { language: '', has: 'AssertionError: The action sent', why: 'the message of a failure' },
  { language: '', has: '│', why: 'a picture' },
  { language: 'sh', has: 'curl ', why: 'the sample must run; test/servers/sample-database' },
  { language: 'sh', has: 'cp -r docs/prometheus', why: 'two shops; test/servers/alone/beyond-one-machine' },
  { language: 'sh', has: 'npx nestjs-hyper-metrics', why: 'test/package/command-line' },
  { language: 'sh', has: 'npm uninstall @willsoto', why: "in the reader's own application" },
  { language: 'sh', has: 'promtool check rules', why: 'test/servers/deployment-files' },
  {
    language: 'ts',
    has: "url: 'postgres://localhost/shop' });\n\nconst timer",
    why: 'a server; test/integration/query-hook-install',
  },
  { language: 'ts', has: 'new SlowQueryLog(dataSource', why: 'a server; test/integration/slow-query-log' },
  { language: 'ts', has: 'cluster.fork()', why: 'forks itself; test/servers/cluster' },
  { language: 'js', has: 'serveClusterHub(', why: 'waits for workers; test/servers/pm2' },
];

const isExcused = ({ language, code }: Block): boolean =>
  NOT_RUN_HERE.some((excuse) => excuse.language === language && code.includes(excuse.has));

describe('the blocks of the documentation', () => {
  it('are all run by a test, or it is said why not', () => {
    const run = ['ts', 'diff', 'js', 'promql', 'yaml', 'sh'];
    const strange = blocks.filter((block) => !run.includes(block.language) && !isExcused(block));
    expect(blocks.length).toBeGreaterThan(80);
    expect(strange.map(({ place }) => place)).toEqual([]);
    const needless = NOT_RUN_HERE.filter(
      ({ language, has }) => !blocks.some((block) => block.language === language && block.code.includes(has)),
    );
    expect(needless).toEqual([]);
  });

  it('run, when they are TypeScript', { timeout: 300_000 }, async () => {
    const excused = new Set(blocks.filter(isExcused).map(({ place }) => place));
    const snippets = new Map([...documentationSnippets()].filter(([place]) => !excused.has(place)));
    const results = await runSnippets(
      new Map([
        ...snippets,
        ['a decorator with an impossible name', "class Shop { @Timed('no name') open(): void {} }"],
        ['an option that does not exist', 'HyperMetricsModule.forRoot({ http: { bucket: [1] } } as object);'],
        [
          'a provider that nobody has',
          '@Injectable() export class Shop { constructor(readonly pool: Pool) {} }',
        ],
      ]),
    );
    const failed = [...results].filter(([, error]) => error !== null);

    expect(results.size).toBe(snippets.size + 3);
    expect(failed).toEqual([
      ['a decorator with an impossible name', expect.stringContaining('no name')],
      ['an option that does not exist', expect.stringContaining('bucket')],
      ['a provider that nobody has', expect.stringContaining('Pool')],
    ]);
  });

  it('have no errors of syntax, when they are JavaScript', () => {
    const diagnostics = of('js').flatMap(({ code, place }) =>
      (ts.transpileModule(code, { reportDiagnostics: true }).diagnostics ?? []).map(({ messageText }) => [
        place,
        messageText,
      ]),
    );
    expect(of('js').length).toBeGreaterThan(1);
    expect(diagnostics).toEqual([]);
  });

  it('name commands that exist, when they are for a shell', () => {
    const commands = of('sh')
      .filter((block) => !isExcused(block))
      .flatMap(({ code }) => code.split('\n').map((line) => line.replace(/\s*#.*$/, '').trim()));
    const parts = commands.flatMap((line) => line.split(' && ')).filter((part) => part !== '');
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.filter((part) => !isKnownCommand(part))).toEqual([]);
  });

  it('are accepted by promtool, when they are for Prometheus', ({ skip }) => {
    if (process.env['CI'] === undefined && findMissingPrograms() !== undefined)
      skip('promtool cannot be run');
    const queries = of('promql').flatMap(({ code, place }) =>
      queriesOf(code).map((expr) => ({ place, expr })),
    );
    expect(queries.length).toBeGreaterThan(60);
    const rules = queries.map(({ expr }, index) => ({ record: `query_${index}`, expr }));
    expect(promtool('rules', JSON.stringify({ groups: [{ name: 'queries', rules }] }))).toEqual([]);

    expect(of('yaml').length).toBeGreaterThan(1);
    for (const { code } of of('yaml')) {
      expect(promtool(code.startsWith('scrape_configs:') ? 'config' : 'rules', code)).toEqual([]);
    }
  });

  it('ask for families that exist', () => {
    const known = new Set([...CATALOG, ...seed.metrics].map(({ name }) => name));
    const names = of('promql', 'yaml').flatMap(
      ({ code }) => code.match(/(?<=(?<![\w:])hyperdjango_)\w+(?!:)/g) ?? [],
    );
    const unknown = names.filter(
      (name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect(names.length).toBeGreaterThan(60);
    expect(unknown).toEqual([]);
  });
});

/** `npm` runs scripts that there are, other programs files that there are. */
function isKnownCommand(command: string): boolean {
  const words = command.split(' ').filter((word) => !/^\w+=/.test(word));
  const [program = '', first = '', second = ''] = words;
  if (program === 'npm') {
    return first === 'run' ? second in manifest.scripts : ['ci', 'install', 'start', 'test'].includes(first);
  }
  const target = words.at(-1) ?? '';
  return (
    program === 'npx' &&
    first === 'vitest' &&
    (existsSync(root + target) || existsSync(`${root + target}.test.ts`))
  );
}

/** What `promtool check` has against a file. */
function promtool(kind: 'rules' | 'config', text: string): string[] {
  const folder = mkdtempSync(`${tmpdir()}/hyper-metrics-promtool-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(`${folder}/file.yml`, text);
  for (const [, file = ''] of text.matchAll(/(?:credentials|password)_file: ([\w-]+)/g)) {
    writeFileSync(`${folder}/${file}`, 'secret');
  }
  const { status, stderr, error } = spawnSync('promtool', ['check', kind, `${folder}/file.yml`], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return status === 0 ? [] : [stderr];
}
