import { configDefaults, defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** The folders of a project: its tests run on two workers, unless its options say otherwise. */
function project(
  name: string,
  folders: readonly string[],
  options: { readonly [option: string]: unknown } = {},
): TestProjectConfiguration {
  const include = folders.map((folder) => `test/${folder}/**/*.test.ts`);
  return { extends: true, test: { name, include, maxWorkers: 2, ...options } };
}

const POSTGRES = './test/support/postgres-setup.ts';

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
      // `npm test`
      project('unit', ['architecture', 'property', 'unit'], {
        isolate: false,
        setupFiles: ['./test/support/patience.ts', './test/support/shared-process.ts'],
      }),
      project('real', ['e2e', 'integration', 'package'], { globalSetup: POSTGRES }),
      // `npm run test:matrix`, `test:servers`, `test:soak`
      project('matrix', ['matrix']),
      project('servers', ['servers'], {
        globalSetup: POSTGRES,
        exclude: [...configDefaults.exclude, 'test/servers/alone/**'],
      }),
      project('alone', ['servers/alone'], {
        globalSetup: POSTGRES,
        maxWorkers: 1,
        sequence: { groupOrder: 1 },
      }),
      project('soak', ['soak'], { globalSetup: POSTGRES, maxWorkers: 1, sequence: { groupOrder: 2 } }),
    ],
  },
});
