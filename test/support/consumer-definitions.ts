import type { CompilerOptions, ConsumerOptions } from './consumer-project.js';

/** Where a consumer's own test run leaves its results, in Jest's JSON format. */
export const TEST_RESULTS = 'test-results.json';

export interface Consumer extends ConsumerOptions {
  readonly name: string;
  /** Which of the library's declarations its compiler has to find. */
  readonly declarations: 'esm' | 'cjs';
  readonly typeorm: Readonly<Record<string, string>>;
  readonly testFramework: TestFramework;
  readonly otherCompilerOptions: CompilerOptions;
}

export interface TestFramework {
  readonly script: string;
  readonly args: readonly string[];
  readonly configuration: string;
  readonly assertionsFrom: string;
}

const SHARED_PACKAGES = {
  '@types/node': '20.19.43',
  'prom-client': '15.1.3',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
};

/** Two installations, each grown once by TypeORM, hold every combination; more would only cost CI's time. */
export const CONSUMERS: readonly Consumer[] = [
  {
    name: 'Nest 12 with ES modules',
    type: 'module',
    version: '12.34.56',
    packages: {
      ...SHARED_PACKAGES,
      '@nestjs/common': '12.5.1',
      '@nestjs/core': '12.5.1',
      '@nestjs/platform-express': '12.5.1',
      '@nestjs/platform-fastify': '12.5.0',
      '@nestjs/testing': '12.1.1',
      typescript: '6.0.3',
      vite: '8.3.8',
      vitest: '4.1.12',
    },
    compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
    otherCompilerOptions: { module: 'esnext', moduleResolution: 'bundler' },
    declarations: 'esm',
    typeorm: { '@nestjs/typeorm': '12.0.2', pg: '8.23.1', typeorm: '1.1.1' },
    testFramework: {
      script: 'node_modules/vitest/vitest.mjs',
      args: ['run', '--reporter=json', `--outputFile=${TEST_RESULTS}`],
      configuration: 'vitest.config.mjs',
      assertionsFrom: 'vitest',
    },
  },
  {
    // The oldest Nest that the peer range allows, the older major version of TypeORM, and the compiler options of
    // both generations of Nest 11's starter project.
    name: 'Nest 11 with CommonJS',
    type: 'commonjs',
    version: '11.22.33',
    packages: {
      ...SHARED_PACKAGES,
      '@jest/globals': '30.4.1',
      '@nestjs/common': '11.1.4',
      '@nestjs/core': '11.1.4',
      '@nestjs/platform-express': '11.1.4',
      '@nestjs/platform-fastify': '11.1.4',
      '@nestjs/testing': '11.1.4',
      jest: '30.4.1',
      'ts-jest': '29.4.15',
      typescript: '5.9.3',
    },
    compilerOptions: { module: 'commonjs', moduleResolution: 'node10' },
    otherCompilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
    declarations: 'cjs',
    typeorm: { '@nestjs/typeorm': '11.0.3', pg: '8.23.1', typeorm: '0.3.31' },
    testFramework: {
      script: 'node_modules/jest/bin/jest.js',
      args: ['--json', `--outputFile=${TEST_RESULTS}`],
      configuration: 'jest.config.cjs',
      assertionsFrom: '@jest/globals',
    },
  },
];
