import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { CONSUMERS, TEST_RESULTS } from '../support/consumer-definitions.js';
import { LibraryPackage } from '../support/consumer-package.js';
import { type Compilation, ConsumerProject } from '../support/consumer-project.js';
import { DATABASE_VISITS, expectedFrom, observe, VISITS } from '../support/consumer-visits.js';

const CONSUMER_TIMEOUT_MS = 300_000;
const TEST_TIMEOUT_MS = 120_000;

let library: LibraryPackage;
let database: EmbeddedPostgres;

beforeAll(async () => {
  library = await LibraryPackage.pack();
  database = await startEmbeddedPostgres();
}, CONSUMER_TIMEOUT_MS);

// Not as clean-ups that `beforeAll` returns: those are forgotten when preparing the next thing fails.
afterAll(async () => {
  library?.remove();
  await database?.stop();
});

describe.each(CONSUMERS)('an application on $name', { timeout: TEST_TIMEOUT_MS }, (consumer) => {
  const { testFramework } = consumer;
  const flawless = { errors: [], declarations: [`dist/${consumer.declarations}/index.d.ts`] };
  let project: ConsumerProject;
  let complaints: string[];
  let compilation: Compilation;

  beforeAll(async () => {
    project = new ConsumerProject(consumer);
    complaints = await project.install(library.tarball);
    project.add('src', 'src/typeorm');
    compilation = await project.compile();
  }, CONSUMER_TIMEOUT_MS);

  afterAll(() => {
    project.remove();
  });

  it('installs without complaints, and without TypeORM', () => {
    expect(complaints).toEqual([]);
    expect(Object.keys(consumer.typeorm).filter((name) => project.has(name))).toEqual([]);
  });

  it('compiles strictly', () => {
    expect(compilation).toEqual(flawless);
  });

  it('compiles with its other module settings', async () => {
    expect(await project.compile(consumer.otherCompilerOptions)).toEqual(flawless);
  });

  it.each([
    ['express', 'fastify'],
    ['fastify', 'express'],
  ])('counts exactly on %s without %s', async (platform, other) => {
    const observed = await project.without(`@nestjs/platform-${other}`, () =>
      observe(project.start(`dist/${platform}.js`), VISITS),
    );

    expect(observed).toEqual(expectedFrom(VISITS, consumer.version));
  });

  it('gets the same classes from import and require', async () => {
    project.add('same-classes.mjs');

    const { stdout, stderr } = await project.run('same-classes.mjs');

    expect(stderr).toBe('');
    const { names, differing } = JSON.parse(stdout) as { names: string[]; differing: string[] };
    expect(names).toContain('HyperMetricsModule');
    expect(differing).toEqual([]);
  });

  it(`reads values in its tests with ${testFramework.assertionsFrom}`, async () => {
    project.add(testFramework.configuration);
    project.add('test');
    project.replace('test/metrics.spec.ts', `'vitest'`, `'${testFramework.assertionsFrom}'`);

    const { exitCode, stdout, stderr } = await project.run(testFramework.script, testFramework.args);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(project.readJson(TEST_RESULTS)).toMatchObject({ numPassedTests: 1, numTotalTests: 1 });
  });

  describe('with TypeORM', () => {
    beforeAll(async () => {
      complaints = await project.install(library.tarball, consumer.typeorm);
      project.add('src/typeorm');
      compilation = await project.compile();
    }, CONSUMER_TIMEOUT_MS);

    it('installs without complaints, and compiles strictly', () => {
      expect(complaints).toEqual([]);
      expect(compilation).toEqual(flawless);
    });

    it.each(['express', 'fastify'])('counts exactly on %s', async (platform) => {
      const environment = { DATABASE_URL: database.url };

      const observed = await observe(
        project.start(`dist/typeorm/${platform}.js`, environment),
        DATABASE_VISITS,
      );

      expect(observed).toEqual(expectedFrom(DATABASE_VISITS, consumer.version));
    });
  });
});
