import { defineConfig } from 'vitest/config';

/** Applications of others from npm: no part of `npm test`, because they are large. */
export default defineConfig({
  test: {
    include: ['test/strangers/**/*.test.ts'],
    maxWorkers: 1,
    reporters: ['default', './test/support/counting-reporter.ts'],
  },
});
