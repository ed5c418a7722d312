import { type Combination, INSTALLED, keyOf } from './combination.js';

type Packages = Readonly<Record<string, string>>;
type Releases = Readonly<Record<Combination['releases'], Packages>>;

/**
 * Exact versions. The oldest are the oldest that the library's peer ranges allow; where a package has none of that
 * number, its next one.
 */
const EVERYWHERE: Releases = {
  oldest: { 'prom-client': '15.0.0', 'reflect-metadata': '0.1.13', rxjs: '7.2.0' },
  newest: { 'prom-client': '15.1.3', 'reflect-metadata': '0.2.2', rxjs: '7.8.2' },
};

const NEST: Readonly<Record<Combination['nest'], Releases>> = {
  '11': {
    oldest: nestPackages('11.1.4', { schedule: '6.0.0' }),
    newest: nestPackages('11.2.10', { fastify: '11.2.8', testing: '11.2.6', schedule: '6.1.3' }),
  },
  '12': {
    oldest: nestPackages('12.0.1', { schedule: '12.0.0' }),
    newest: nestPackages('12.5.1', { fastify: '12.5.0', testing: '12.1.1', schedule: '12.0.2' }),
  },
};

const TYPEORM: Readonly<Record<Combination['typeorm'], Releases>> = {
  none: { oldest: {}, newest: {} },
  '0.3': {
    oldest: { '@nestjs/typeorm': '11.0.0', pg: '8.5.1', typeorm: '0.3.20' },
    newest: { '@nestjs/typeorm': '11.0.3', pg: '8.23.1', typeorm: '0.3.31' },
  },
  '1': {
    oldest: { '@nestjs/typeorm': '11.0.3', pg: '8.5.1', typeorm: '1.0.0' },
    newest: { '@nestjs/typeorm': '11.0.3', pg: '8.23.1', typeorm: '1.1.1' },
  },
};

const CLIENT: Readonly<Record<Combination['client'], Releases>> = {
  // Installed everywhere: a peer.
  'prom-client': { oldest: {}, newest: {} },
  '@prometheus-io/client': {
    oldest: { '@prometheus-io/client': '0.16.0' },
    newest: { '@prometheus-io/client': '0.16.1' },
  },
};

/** What the application is compiled with: of Nest's starter projects, and the native compiler. */
const COMPILER: Readonly<Record<Combination['nest'], Releases>> = {
  '11': { oldest: compilerPackages('5.9.3'), newest: compilerPackages('5.9.3') },
  '12': { oldest: compilerPackages('6.0.3'), newest: compilerPackages('7.0.2') },
};

/** How the test of an application is run that imports the library. */
export interface TestFramework {
  readonly packages: Packages;
  readonly script: string;
  readonly args: readonly string[];
  readonly configuration: string;
  readonly assertionsFrom: string;
  readonly modules: Combination['modules'];
}

/** Where an application's own test run leaves its results, in Jest's JSON format. */
export const TEST_RESULTS = 'test-results.json';

/** Jest has no `require()` of ES modules, and so no Nest 12. */
const TEST_FRAMEWORKS: Readonly<Record<Combination['nest'], TestFramework>> = {
  '11': {
    packages: { '@jest/globals': '30.4.1', jest: '30.4.1', 'ts-jest': '29.4.15' },
    script: 'node_modules/jest/bin/jest.js',
    args: ['--json', `--outputFile=${TEST_RESULTS}`],
    configuration: 'jest.config.cjs',
    assertionsFrom: '@jest/globals',
    modules: 'cjs',
  },
  '12': {
    packages: { vite: '8.3.8', vitest: '4.1.12' },
    script: 'node_modules/vitest/vitest.mjs',
    args: ['run', '--reporter=json', `--outputFile=${TEST_RESULTS}`],
    configuration: 'vitest.config.mjs',
    assertionsFrom: 'vitest',
    modules: 'esm',
  },
};

/** Applications with the same packages. */
export interface Installation {
  readonly name: string;
  readonly nest: Combination['nest'];
  readonly typeorm: Combination['typeorm'];
  readonly client: Combination['client'];
  readonly packages: Packages;
  /** Without TypeORM only: once for each Nest is enough. */
  readonly testFrameworks: readonly TestFramework[];
  readonly combinations: readonly Combination[];
}

export function installationsOf(combinations: readonly Combination[]): Installation[] {
  const groups = new Map<string, Combination[]>();
  for (const combination of combinations) {
    const name = keyOf(combination, INSTALLED);
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, [combination]);
    } else {
      group.push(combination);
    }
  }
  return [...groups.values()].map(installationOf);
}

function installationOf(combinations: readonly Combination[]): Installation {
  const [combination] = combinations;
  if (combination === undefined) throw new Error('An installation is for at least one combination.');
  const { nest, typeorm, client, releases } = combination;
  const testFrameworks = typeorm === 'none' ? [TEST_FRAMEWORKS[nest]] : [];
  return {
    name: keyOf(combination, INSTALLED),
    nest,
    typeorm,
    client,
    packages: {
      ...COMPILER[nest][releases],
      ...EVERYWHERE[releases],
      ...NEST[nest][releases],
      ...TYPEORM[typeorm][releases],
      // The releases above do not allow Nest 12.
      ...(nest === '12' && typeorm !== 'none' ? { '@nestjs/typeorm': '12.0.2' } : {}),
      ...CLIENT[client][releases],
      ...testFrameworks[0]?.packages,
    },
    testFrameworks,
    combinations,
  };
}

function nestPackages(
  version: string,
  others: { fastify?: string; testing?: string; schedule: string },
): Packages {
  return {
    '@nestjs/common': version,
    '@nestjs/core': version,
    '@nestjs/platform-express': version,
    '@nestjs/platform-fastify': others.fastify ?? version,
    '@nestjs/testing': others.testing ?? version,
    '@nestjs/schedule': others.schedule,
  };
}

function compilerPackages(version: string): Packages {
  return { '@types/node': '20.19.43', typescript: version };
}
