import { configDefaults, defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** Starts the server on which `startPostgres()` gives each file a database of its own. */
const POSTGRES = './test/support/postgres-setup.ts';

/** The tests of some folders, on three workers unless the options say otherwise: on two cores, one of them usually waits. */
function project(
  name: string,
  folders: readonly string[],
  options: { readonly [option: string]: unknown } = {},
): TestProjectConfiguration {
  const include = folders.map((folder) => `test/${folder}/**/*.test.ts`);
  return { extends: true, test: { name, include, maxWorkers: 3, ...options } };
}

/** Files share a process and what they import: otherwise half of the time goes into importing the same again. */
const TOGETHER = {
  isolate: false,
  setupFiles: ['./test/support/patience.ts', './test/support/shared-process.ts'],
};

/** Files that mostly wait: for scrapes, downloads and processes that start. */
const WAITING = { maxWorkers: 4 };

/** A test's folder decides which command runs it. */
export default defineConfig({
  // NestJS needs legacy decorators with their design-time types.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    // For broken code, not for slow machines: longer than anything that a test waits for.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['./test/support/patience.ts'],
    reporters: ['default', './test/support/counting-reporter.ts'],
    projects: [
      // npm test
      project('unit', ['architecture', 'property', 'unit'], TOGETHER),
      project('applications', ['e2e', 'integration', 'package'], { ...TOGETHER, globalSetup: POSTGRES }),

      // What all applications of a process share: a process for each file.
      project('process-wide', ['process-wide'], { globalSetup: POSTGRES }),

      // npm run test:servers. What compares durations runs alone, after the others.
      project('servers', ['servers'], {
        ...WAITING,
        globalSetup: POSTGRES,
        exclude: [...configDefaults.exclude, 'test/servers/alone/**'],
      }),
      project('alone', ['servers/alone'], {
        globalSetup: POSTGRES,
        maxWorkers: 1,
        sequence: { groupOrder: 1 },
      }),

      // npm run test:matrix, test:soak, test:vendure
      project('matrix', ['matrix'], WAITING),
      project('soak', ['soak'], { globalSetup: POSTGRES, maxWorkers: 1, sequence: { groupOrder: 2 } }),
      project('vendure', ['strangers/vendure'], { maxWorkers: 1, sequence: { groupOrder: 3 } }),
    ],
  },
});
