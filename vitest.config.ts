import { defineConfig } from 'vitest/config';

/**
 * Real sockets against the clock, or a machine kept busy: one file after the other. Not the tests that wait for Prometheus,
 * which takes its time.
 */
const ALONE = [
  'test/e2e/!(prometheus|beyond-one-machine|sample|sample-*|samples).test.ts',
  'test/soak/**/*.test.ts',
];

/** `npm run test:vendure` has a configuration of its own. */
const BY_THEMSELVES = ['test/strangers/**'];

export default defineConfig({
  // NestJS needs legacy decorators with their design-time types.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    // Patience is for broken code, not for slow machines: longer than anything that a test waits for.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['./test/support/patience.ts'],
    reporters: ['default', './test/support/counting-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'beside each other',
          include: ['test/**/*.test.ts'],
          exclude: [...ALONE, ...BY_THEMSELVES],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
