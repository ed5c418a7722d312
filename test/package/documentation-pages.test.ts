import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../src/catalog/catalog.js';
import { DEFAULT_PREFIX, metricName } from '../../src/catalog/metric-name.js';
import {
  anchorsOf,
  chaptersOf,
  documentationFiles,
  linksOf,
  sectionsOf,
  tableRows,
} from '../support/documentation-blocks.js';
import { everyOption } from '../support/every-option.js';
import peers from '../../bench/peers/package.json' with { type: 'json' };

/** The others of `bench/peers` are clients, and parts that users do not choose. */
const COMPARED =
  /^(@willsoto|@fastify|@nestjs|express-prom-bundle|fastify-metrics|@opentelemetry\/(sdk-metrics|instrumentation-\w+))/;

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(root + file, 'utf8');

/** As the page writes it. */
function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return `\`'${value}'\``;
  return `\`${JSON.stringify(value).replaceAll(',', ', ')}\``;
}

describe('the page of options', () => {
  const rows = tableRows(read('docs/options.md')).filter(([option = '']) => /^`[\w.]+`$/.test(option));
  const listed = new Map(rows.map(([option = '', ...cells]) => [option.replaceAll('`', ''), cells]));
  const options = everyOption();
  const known = [...options.keys()];

  it('has every option that there is, once, and no others', () => {
    expect(known.length).toBeGreaterThan(60);
    expect(new Set(listed.keys())).toEqual(new Set(known));
    expect(rows).toHaveLength(known.length);
  });

  it('has their defaults as the code has them, and says in words where there is none', () => {
    const wrong = [...listed].filter(([path, [cell = '']]) => {
      const expected = written(options.get(path));
      return expected === undefined ? !/^[a-z]/.test(cell) : cell !== expected;
    });
    expect(wrong.map(([path, [cell]]) => [path, cell, written(options.get(path))])).toEqual([]);
    expect([...listed.keys()].filter((path) => options.get(path) !== undefined).length).toBeGreaterThan(45);
  });

  it('says of each what it does', () => {
    expect([...listed].filter(([, [, effect = '']]) => effect.length < 10)).toEqual([]);
  });
});

describe('the page of metrics', () => {
  const sections = sectionsOf(read('docs/metrics.md'));

  it.each(CATALOG.map((family) => [metricName(family, DEFAULT_PREFIX), family.help] as const))(
    'says of %s what it means, its unit, a query for it, and what to do when it is bad',
    (name, help) => {
      const section = sections.get(`\`${name}\``) ?? '';
      const [, query = ''] = /```promql\n([^]+?)\n```/.exec(section) ?? [];
      expect(section).toContain(help);
      expect(section).toMatch(/^Unit: \w+/m);
      expect(query).toMatch(new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`));
      expect(section).toMatch(/^\*\*When .{20,}/m);
    },
  );
});

describe('the page of sizing', () => {
  const page = read('docs/sizing.md');

  it('says how many series a family has', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\d+) /gm)].map(([, name = '', series]) => [
      name,
      Number(series),
    ]);
    const expected = rows.map(([name]) => {
      const family = CATALOG.find((candidate) => candidate.name === name);
      return [name, family?.type === 'histogram' ? (family.buckets?.length ?? NaN) + 3 : 1];
    });
    expect(rows).toEqual(expected);
    const histograms = CATALOG.filter(({ type }) => type === 'histogram').map(({ name }) => name);
    expect(histograms.filter((name) => !rows.some(([row]) => row === name))).toEqual([]);
  });

  it.each([
    ['Express', 'express-prom-bundle'],
    ['Fastify', 'fastify-metrics'],
  ])('has the costs on %s that the page about %s compares', (platform, peer) => {
    const ratios = ['Node 20', 'Node 24'].map((node) => {
      const row =
        tableRows(page)
          .find(([title]) => title === `${platform}, ${node}`)
          ?.join(' ') ?? '';
      const [, ours = '', theirs = ''] =
        new RegExp(`([\\d.]+) µs [^µ]* ${peer} ([\\d.]+) µs`).exec(row) ?? [];
      return `${(Number(ours) / Number(theirs)).toFixed(2)} (${node})`;
    });
    expect(read(`docs/migrating/${peer}.md`)).toContain(`**Cost**: ${ratios.join(' to ')}`);
  });

  it.each([
    ['Requests', ['CPU time per request']],
    ['Queries', ['CPU time per query']],
    ['Calls and samples', ['Recording and scraping', 'CPU time per call of a decorated method']],
    ['Scrapes', ['Recording and scraping', 'A scrape of four workers']],
  ])('quotes the durations of %s that the benchmarks have, rounded', (topic, benchmarks) => {
    const measured = chaptersOf(read('bench/README.md'));
    const figures = benchmarks
      .flatMap(
        (benchmark) => measured.get(benchmark)?.match(/(?<![\d.,])\d[\d,]*(\.\d+)?(?![\d.,]*×)/g) ?? [],
      )
      .map((text) => Number(text.replaceAll(',', '')));
    const quoted = [...(chaptersOf(page).get(topic) ?? '').matchAll(/(\d+(?:\.(\d+))?) (?:µs|ms|ns)\b/g)].map(
      ([, figure = '', decimals = '']) => [figure, decimals.length] as const,
    );

    expect(quoted.length).toBeGreaterThan(5);
    expect(
      quoted.filter(([figure, digits]) => !figures.some((value) => value.toFixed(digits) === figure)),
    ).toEqual([]);
  });
});

describe('the page of the package', () => {
  it('quotes the CPU time of an import that the benchmark has', () => {
    const rows = tableRows(chaptersOf(read('bench/README.md')).get('CPU time of an import') ?? '');
    const medians = (row: string): string[] =>
      (rows.find(([title]) => title?.includes(row)) ?? [])
        .slice(1, 3)
        .map((cell) => cell.split(' ')[0] ?? '');
    const [peersOfModules, modules] = medians("import 'nestjs-hyper-metrics'`");
    const [peersOfCommonJs, commonJs] = medians('dist/cjs/index.js');

    expect(read('docs/package.md').replaceAll(/\s+/g, ' ')).toContain(
      `takes ${modules} ms of CPU time as ES modules, and ${commonJs} ms as CommonJS, ` +
        `on top of the ${peersOfModules} ms and ${peersOfCommonJs} ms of Nest and \`prom-client\``,
    );
  });
});

describe('the pages', () => {
  /** Looked up and not read. */
  const reference = ['docs/metrics.md', 'docs/options.md', 'docs/alerts.md'];
  const pages = documentationFiles().filter((file) => file.startsWith('docs/'));

  it('have at most 250 lines, so that each is about one task', () => {
    const long = pages.filter((file) => !reference.includes(file) && read(file).split('\n').length > 251);
    expect(long).toEqual([]);
  });

  it('begin with a paragraph about what the reader can do with them', () => {
    const openings = pages.map((file) => {
      const [, opening = ''] = /^# .+\n\n(?:<!--.*-->\n\n)?([^\n]+)/.exec(read(file)) ?? [];
      return [file, opening];
    });
    expect(openings.filter(([, opening = '']) => !/^[A-Z].{30,}/.test(opening))).toEqual([]);
  });
});

describe('README', () => {
  const readme = read('README.md');

  it('is short enough to be read by somebody who tries it, and leads to every page', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
    const pages = documentationFiles().filter((file) => file.startsWith('docs/'));
    expect(pages.length).toBeGreaterThan(18);
    expect(pages.filter((file) => !readme.includes(`](${file}`))).toEqual([]);
  });

  it('begins with what people do who install the package, before what they do with a clone', () => {
    const [picture, install, clone, comparison] = [
      '](docs/live-page.png)',
      'npm install nestjs-hyper-metrics',
      'npm ci && npm start',
      '\n## Beside other packages',
    ].map((text) => readme.indexOf(text));

    expect([picture, install, clone, comparison]).toEqual(
      [picture, install, clone, comparison].toSorted((one, other) => Number(one) - Number(other)),
    );
    expect(picture).toBeGreaterThan(0);
  });

  const table = tableRows(chaptersOf(readme).get('Beside other packages') ?? '').slice(2);

  it('compares by what a test finds, a benchmark has measured, or a page says that it links', () => {
    // test/servers/comparison, and the next test.
    const tested = /^(Express,|Fastify,|Route of|CPU time)/;
    const [proven, others] = [
      table.filter(([row]) => tested.test(row ?? '')),
      table.filter(([row]) => !tested.test(row ?? '')),
    ];
    const unproven = others.flatMap(([row, ...cells]) =>
      cells
        .filter((cell) => !/^(–|your Prometheus|.*\]\(docs\/.+|\[.+\]\[[\w-]+\])$/.test(cell))
        .map((cell) => `${row}: ${cell}`),
    );

    expect(proven).toHaveLength(5);
    expect(others.length).toBeGreaterThan(3);
    expect(unproven).toEqual([]);
    const references = [...readme.matchAll(/\]\[([\w-]+)\]/g)].map(([, name]) => name);
    expect(references.filter((name) => !readme.includes(`\n[${name}]: https://`))).toEqual([]);
  });

  it('quotes costs that the benchmarks have', () => {
    const measured = chaptersOf(read('bench/README.md'));
    const figures = ['CPU time per request', 'CPU time per query']
      .flatMap(
        (benchmark) => measured.get(benchmark)?.match(/(?<![\d.,])\d[\d,]*(\.\d+)?(?![\d.,]*×)/g) ?? [],
      )
      .map((text) => Number(text.replaceAll(',', '')));
    const cost = /^\*\*Cost\*\*: .+$/m.exec(readme)?.[0] ?? '';
    const row = table.find(([title]) => title?.startsWith('CPU time') === true)?.join(' ') ?? '';
    const quoted = [...`${cost} ${row}`.matchAll(/(\d+(?:\.(\d+))?) (?:µs|times)/g)].map(
      ([, figure = '', decimals = '']) => [figure, decimals.length] as const,
    );

    expect(quoted.length).toBeGreaterThan(6);
    expect(
      quoted.filter(([figure, digits]) => !figures.some((value) => value.toFixed(digits) === figure)),
    ).toEqual([]);
  });
});

describe('the page that compares packages', () => {
  it('has the versions that its test installs', () => {
    const versions = Object.entries(peers.dependencies).filter(([name]) => COMPARED.test(name));
    const page = read('docs/comparison.md');

    expect(versions.length).toBeGreaterThan(7);
    expect(versions.filter(([, version]) => !page.includes(` ${version}`))).toEqual([]);
  });
});

const targetsOf = (file: string): string[] =>
  linksOf(read(file))
    .map((link) => join(dirname(file), link.split('#')[0] ?? ''))
    .filter((target) => target.endsWith('.md'));

/** The pages that a reader reaches with at most two clicks. */
function twoClicksFrom(file: string): string[] {
  const first = targetsOf(file);
  return [...new Set([file, ...first, ...first.flatMap(targetsOf)])].filter((page) =>
    existsSync(root + page),
  );
}

/** The names that a file exports; none of them with `export *`. */
function exportedNames(file: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  return source.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause }) => {
    if (exportClause === undefined || !ts.isNamedExports(exportClause))
      throw new Error(`${file} hides names.`);
    return exportClause.elements.map(({ name }) => name.text);
  });
}

describe.each(['README.md', 'docs/README.md'])('two clicks from %s', (start) => {
  const reached = twoClicksFrom(start);
  const headings = new Set(reached.flatMap((page) => [...sectionsOf(read(page)).keys()]));
  const cells = new Set(reached.flatMap((page) => tableRows(read(page)).map(([cell]) => cell)));
  const missing = (names: readonly string[], places: ReadonlySet<string | undefined>): string[] =>
    names.filter((name) => !places.has(name));

  it('is every option, in a row of its own', () => {
    const options = [...everyOption().keys()].map((path) => `\`${path}\``);
    expect(missing(options, cells)).toEqual([]);
  });

  it('is every family, in a section of its own', () => {
    const families = CATALOG.map((family) => `\`${metricName(family, DEFAULT_PREFIX)}\``);
    expect(missing(families, headings)).toEqual([]);
  });

  it.each(['index', 'testing', 'cluster', 'monitoring'])('is every name that %s exports', (entry) => {
    const names = exportedNames(`src/${entry}.ts`);
    expect(names.length).toBeGreaterThan(3);
    expect(missing(names, headings)).toEqual([]);
  });

  it('is every page', () => {
    const pages = documentationFiles().filter((file) => file.startsWith('docs/'));
    expect(pages.length).toBeGreaterThan(18);
    expect(pages.filter((file) => !reached.includes(file))).toEqual([]);
  });
});

describe('the index of the documentation', () => {
  it('has every page', () => {
    const index = new Set(targetsOf('docs/README.md'));
    const pages = documentationFiles().filter(
      (file) => file.startsWith('docs/') && file !== 'docs/README.md',
    );
    expect(pages.filter((file) => !index.has(file))).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    const files = [...documentationFiles(), 'CHANGELOG.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md'];
    const links = files.flatMap((file) =>
      linksOf(read(file)).map((link) => {
        const [path = '', anchor] = link.split('#');
        return { file, link, target: path === '' ? file : join(dirname(file), path), anchor };
      }),
    );
    const broken = links.filter(
      ({ target, anchor }) =>
        !existsSync(root + target) || (anchor !== undefined && !anchorsOf(read(target)).includes(anchor)),
    );
    expect(links.length).toBeGreaterThan(150);
    expect(broken.map(({ file, link }) => `${file}: ${link}`)).toEqual([]);
  });
});
