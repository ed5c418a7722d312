import { defineConfig } from 'vitest/config';

/** What measures itself by the clock, or keeps the machine busy: one file after the other. */
const ALONE = ['test/e2e/**/*.test.ts', 'test/soak/**/*.test.ts'];

export default defineConfig({
  // NestJS needs legacy decorators with their design-time types.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/counting-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'beside each other',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
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
