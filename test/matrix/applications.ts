import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { LibraryPackage } from '../support/consumer-package.js';
import { type Combination, DIMENSIONS, everyCombination, pairwiseCombinations } from './combination.js';
import { installationsOf, TEST_RESULTS } from './installation.js';
import { nodeBinary } from './node-binary.js';
import { type Compilation, type ConsumerBuild, ConsumerProject } from './project.js';
import { DATABASE_VISITS, expectedFrom, type Observation, observe, VISITS } from './visits.js';

/** With the first download of four Nodes. */
const PREPARATION_TIMEOUT_MS = 900_000;
const TEST_TIMEOUT_MS = 600_000;
const OPTIONAL_PACKAGES = ['@nestjs/typeorm', '@prometheus-io/client', 'pg', 'typeorm'];
/** What else an application's compiler may be told, beside what its starter project has; Nest 12 leaves CommonJS no choice. */
const OTHER_COMPILER_OPTIONS = {
  '11': {
    esm: [{ module: 'esnext', moduleResolution: 'bundler' }],
    cjs: [{ module: 'nodenext', moduleResolution: 'nodenext' }],
  },
  '12': { esm: [{ module: 'esnext', moduleResolution: 'bundler' }], cjs: [] },
};

/** `MATRIX=full` runs them all. */
const combinations = process.env['MATRIX'] === 'full' ? everyCombination() : pairwiseCombinations();

/** Defines the tests of all applications with a major version of Nest. */
export function testApplicationsOn(nest: Combination['nest']): void {
  const nodes = new Map<Combination['node'], string>();
  let library: LibraryPackage;
  let database: EmbeddedPostgres;

  beforeAll(async () => {
    library = await LibraryPackage.pack();
    database = await startEmbeddedPostgres();
    for (const node of DIMENSIONS.node) nodes.set(node, await nodeBinary(node));
  }, PREPARATION_TIMEOUT_MS);

  // Not as clean-ups that `beforeAll` returns: those are forgotten when preparing the next thing fails.
  afterAll(async () => {
    library?.remove();
    await database?.stop();
  });

  // `$name` would cut the name before the releases.
  const installations = installationsOf(combinations.filter((one) => one.nest === nest)).map(
    (installation) => [installation.name, installation] as const,
  );

  describe.each(installations)('%s', { timeout: TEST_TIMEOUT_MS }, (_name, installation) => {
    const withTypeOrm = installation.typeorm !== 'none';
    const visits = withTypeOrm ? DATABASE_VISITS : VISITS;
    const expected = expectedFrom(visits);
    let project: ConsumerProject;
    let complaints: string[];

    beforeAll(async () => {
      project = new ConsumerProject(installation);
      complaints = await project.install(library.tarball);
    }, PREPARATION_TIMEOUT_MS);

    afterAll(() => {
      project?.remove();
    });

    it('installs without complaints, and nothing more than it names', () => {
      const named = OPTIONAL_PACKAGES.filter((name) => name in installation.packages);
      expect(complaints).toEqual([]);
      expect(project.installed(OPTIONAL_PACKAGES)).toEqual(named);
    });

    describe.each(modulesOf(installation.combinations))('%s', (modules) => {
      const runs = installation.combinations.filter((combination) => combination.modules === modules);
      const flawless: Compilation = {
        errors: [],
        declarations: ['cluster', 'index', 'monitoring', 'testing'].map(
          (entry) => `dist/${modules}/${entry}.d.ts`,
        ),
      };
      let application: ConsumerBuild;
      let compilation: Compilation;

      beforeAll(async () => {
        application = project.application(modules, modules);
        compilation = await application.compile();
      }, PREPARATION_TIMEOUT_MS);

      it('compiles strictly', () => {
        expect(compilation).toEqual(flawless);
      });

      // Once for each Nest and kind of modules is enough.
      const [first] = combinations.filter((one) => one.nest === nest && one.modules === modules);
      it.each(first !== undefined && runs.includes(first) ? OTHER_COMPILER_OPTIONS[nest][modules] : [])(
        'compiles with $module and $moduleResolution',
        async (options) => {
          expect(await application.compile(options)).toEqual(flawless);
        },
      );

      function observeRun({ node, platform }: Combination, environment = {}): Promise<Observation> {
        const other = platform === 'express' ? 'fastify' : 'express';
        const script = withTypeOrm ? `dist/typeorm/${platform}.js` : `dist/${platform}.js`;
        const variables = { DATABASE_URL: database.url, ...environment };

        return project.without(`@nestjs/platform-${other}`, () =>
          observe(application.start(nodes.get(node) ?? '', script, variables), visits),
        );
      }

      it.each(runs)('counts exactly on Node $node with $platform', async (combination) => {
        expect(await observeRun(combination)).toEqual(expected);
      });

      // Otherwise every supported Node gives `require()` the ES modules. Nest 12 has nothing else.
      it.each(modules === 'cjs' && nest === '11' ? runs : [])(
        'counts exactly on Node $node with $platform by what is CommonJS',
        async (combination) => {
          const environment = { NODE_OPTIONS: '--no-experimental-require-module' };
          expect(await observeRun(combination, environment)).toEqual(expected);
        },
      );

      it.each([...new Set(runs.map(({ node }) => node))])(
        'gets the same classes from import and require on Node %s',
        async (node) => {
          application.add('same-classes.mjs');

          const { stdout, stderr } = await application.run(nodes.get(node) ?? '', 'same-classes.mjs');

          expect(stderr).toBe('');
          const { names, differing } = JSON.parse(stdout) as { names: string[]; differing: string[] };
          expect(names).toContain('HyperMetricsModule');
          expect(differing).toEqual([]);
        },
      );
    });

    it.each(installation.testFrameworks)(
      'reads values in its tests with $assertionsFrom',
      async (testFramework) => {
        const { configuration, assertionsFrom, script, args, modules } = testFramework;
        const application = project.application('tests', modules);
        application.add(configuration);
        application.add('test');
        application.replaceIn('test/metrics.spec.ts', `'vitest'`, `'${assertionsFrom}'`);

        const { exitCode, stdout, stderr } = await application.run(
          process.execPath,
          join(project.directory, script),
          args,
        );

        expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
        expect(application.readJson(TEST_RESULTS)).toMatchObject({ numPassedTests: 1, numTotalTests: 1 });
      },
    );
  });
}

function modulesOf(of: readonly Combination[]): Combination['modules'][] {
  return [...new Set(of.map(({ modules }) => modules))];
}
