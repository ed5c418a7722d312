import { describe, expect, it, vi } from 'vitest';
import { takeLocation } from '../../../../src/database/source/call-site.js';

/** What the library makes of a stack that V8 might have written. */
function locationIn(lines: readonly string[], own = OWN_LINES): string | undefined {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = () => ['Error', ...own, ...lines].join('\n');
    return takeLocation()();
  } finally {
    Error.prepareStackTrace = prepareStackTrace!;
  }
}

const OWN_LINES = [
  '    at takeStack (file:///srv/app/node_modules/nestjs-hyper-metrics/dist/esm/database/source/call-site.js:30:12)',
  '    at send (file:///srv/app/node_modules/nestjs-hyper-metrics/dist/esm/database/pg/client-hook.js:9:9)',
];

describe('the place of the running call', () => {
  it('is the line that called', () => {
    expect(takeLocation()()).toMatch(/^test\/unit\/database\/source\/call-site\.test\.ts:\d+:\d+$/);
  });

  it.each([
    ['a method', '    at Books.load (/srv/app/dist/books.js:3:5)', '/srv/app/dist/books.js:3:5'],
    ['a URL of a file', '    at load (file:///srv/my%20app/b.js:3:5)', '/srv/my app/b.js:3:5'],
    ['an awaited call', '    at async Books.load (/srv/b.js:3:5)', '/srv/b.js:3:5'],
    ['an awaited call without a name', '    at async file:///srv/b.mjs:3:5', '/srv/b.mjs:3:5'],
    ['a call without a name', '    at /srv/b.js:3:5', '/srv/b.js:3:5'],
    ['another name', '    at Object.get [as books] (/srv/b.js:3:5)', '/srv/b.js:3:5'],
    ['a constructor', '    at new Books (/srv/b.js:3:5)', '/srv/b.js:3:5'],
    ['parentheses in a path', '    at load (/srv/app (copy)/b.js:3:5)', '/srv/app (copy)/b.js:3:5'],
    ['parentheses in a path without a name', '    at /srv/(app)/b.js:3:5', '/srv/(app)/b.js:3:5'],
    ['a source map', '    at load (/srv/app/src/b.ts:12:3)', '/srv/app/src/b.ts:12:3'],
    ['a path of Windows', '    at load (C:\\app\\b.js:3:5)', 'C:\\app\\b.js:3:5'],
  ])('is found in %s', (_name, line, place) => {
    expect(locationIn([line])).toBe(place);
  });

  it('is the first that is neither of this library, nor of a package, nor of Node.js', () => {
    expect(
      locationIn([
        '    at PostgresQueryRunner.query (/srv/app/node_modules/typeorm/driver/PostgresQueryRunner.js:3:5)',
        '    at C:\\app\\node_modules\\pg\\lib\\client.js:1:1',
        '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
        '    at async Promise.all (index 0)',
        '    at new Promise (<anonymous>)',
        '    at eval (eval at make (/srv/app/template.js:1:1), <anonymous>:1:1)',
        '    at async Books.load (/srv/app/dist/books.js:3:5)',
        '    at async Authors.load (/srv/app/dist/authors.js:9:9)',
      ]),
    ).toBe('/srv/app/dist/books.js:3:5');
  });

  it.each([
    ['TypeORM', 'typeorm'],
    ['TypeORM under another name', 'typeorm-0.3'],
    ['what goes with TypeORM', 'typeorm-transactional'],
    ['pg', 'pg'],
    ['a pool of pg', 'pg-pool'],
    ['a driver', 'mysql2'],
    ['Nest', '@nestjs/core'],
    ['rxjs', 'rxjs'],
    ['GraphQL', 'graphql'],
    ['what goes with GraphQL', '@graphql-tools/schema'],
    ['Apollo', '@apollo/server'],
    ['Express', 'express'],
    ['the router of Express 5', 'router'],
    ['Fastify', '@fastify/middie'],
    ['helpers of compilers', 'tslib'],
    ['what watches drivers', '@opentelemetry/instrumentation-pg'],
    ['this library', 'nestjs-hyper-metrics'],
    ['a tool', '.vite'],
  ])('is nowhere when only %s is on the stack', (_name, packageName) => {
    expect(
      locationIn([
        `    at send (/srv/app/node_modules/${packageName}/dist/a.js:1:1)`,
        `    at load (C:\\app\\node_modules\\${packageName.replace('/', '\\')}\\dist\\a.js:1:1)`,
        `    at async load (/srv/app/node_modules/.pnpm/${packageName.replace('/', '+')}@1.0.0/node_modules/${packageName}/a.js:1:1)`,
        `    at load (/srv/app/.yarn/cache/x-npm-1.0.0-0f.zip/node_modules/${packageName}/a.js:1:1)`,
        '    at Module.require (/srv/app/.pnp.cjs:1:1)',
      ]),
    ).toBeUndefined();
  });

  it.each([
    ['a package', '/srv/app/node_modules/@vendure/core/dist/api/order.resolver.js'],
    ['a package that is inside another', '/srv/app/node_modules/@nestjs/x/node_modules/@acme/shop/index.js'],
    [
      'a package of pnpm',
      '/srv/app/node_modules/.pnpm/@acme+shop@1.0.0_typeorm@1.1.1/node_modules/@acme/shop/a.js',
    ],
    ['a package of Yarn', '/srv/app/.yarn/cache/shop-npm-1.0.0-0f.zip/node_modules/shop/a.js'],
    ['a package on Windows', 'C:\\app\\node_modules\\@acme\\shop\\a.js'],
    ['a package whose name begins as one of them does', '/srv/app/node_modules/pg-shop/a.js'],
  ])('is in %s where the application has no file on the stack', (_name, file) => {
    expect(
      locationIn([
        '    at PostgresQueryRunner.query (/srv/app/node_modules/.pnpm/typeorm@1.1.1_pg@8.23.1/node_modules/typeorm/a.js:3:5)',
        `    at async OrderResolver.lines (${file}:7:9)`,
        '    at async execute (/srv/app/node_modules/graphql/execution/execute.js:1:1)',
        '    at async Other.lines (/srv/app/node_modules/other/a.js:1:1)',
      ]),
    ).toBe(`${file}:7:9`);
  });

  it("is in the application's own file where a package is nearer to the query", () => {
    expect(
      locationIn([
        '    at async Service.find (/srv/app/node_modules/@vendure/core/dist/service.js:7:9)',
        '    at async Books.load (/srv/app/packages/shop/dist/books.js:3:5)',
      ]),
    ).toBe('/srv/app/packages/shop/dist/books.js:3:5');
  });

  it.each([
    ['webpack', 'webpack://shop/./src/books.ts', 'src/books.ts'],
    ['webpack without a name', 'webpack:///./src/books.ts', 'src/books.ts'],
    ['webpack that evaluates', 'webpack-internal:///(rsc)/./src/books.ts', 'src/books.ts'],
    ['webpack with a hash', 'webpack://shop/./src/books.ts?1a2b', 'src/books.ts'],
  ])('is in a source of a bundle by %s', (_name, source, shown) => {
    expect(
      locationIn([
        '    at async Repository.find (webpack://shop/./node_modules/typeorm/repository/Repository.js:1:1)',
        `    at async Books.load (${source}:3:5)`,
      ]),
    ).toBe(`${shown}:3:5`);
  });

  it('is taken where the call is, and read when it is asked for', async () => {
    const taken = ((): (() => string | undefined) => takeLocation())();
    await Promise.resolve();
    expect(taken()).toMatch(/call-site\.test\.ts:\d+:\d+$/);
  });
});

describe('the place in a bundle of everything without a source map', () => {
  const inBundle = (lines: readonly string[]): string | undefined =>
    locationIn(lines, [
      '    at takeStack (/srv/app/dist/main.js:1:1)',
      '    at query2 (/srv/app/dist/main.js:2:1)',
    ]);

  it("is behind TypeORM's own methods", () => {
    expect(
      inBundle([
        '    at PostgresQueryRunner.query (/srv/app/dist/main.js:3:1)',
        '    at /srv/app/dist/main.js:4:1',
        '    at async SelectQueryBuilder2.getMany (/srv/app/dist/main.js:5:1)',
        '    at async SqljsEntityManager.find (/srv/app/dist/main.js:5:9)',
        '    at async _Repository.find (/srv/app/dist/main.js:6:1)',
        '    at async AuthorsRepository.findOneBy (/srv/app/dist/main.js:6:9)',
        '    at async BooksRepository.all (/srv/app/dist/main.js:7:1)',
        '    at async Books.load (/srv/app/dist/main.js:8:1)',
      ]),
    ).toBe('/srv/app/dist/main.js:7:1');
  });

  it('is a file of its own, if there is one', () => {
    expect(inBundle(['    at t (/srv/app/dist/main.js:3:1)', '    at b (/srv/app/dist/chunk.js:4:1)'])).toBe(
      '/srv/app/dist/chunk.js:4:1',
    );
  });

  it('is nowhere where the names of functions tell nothing', () => {
    expect(inBundle(['    at t.e (/srv/app/dist/main.js:3:1)', '    at r (/srv/app/dist/main.js:4:1)'])).toBe(
      undefined,
    );
  });
});

describe('a place that cannot be told', () => {
  it.each([
    [
      'throws',
      (): never => {
        throw new Error('No stacks here.');
      },
    ],
    ['gives call sites', (_error: unknown, sites: unknown) => sites],
    ['gives nothing', () => undefined],
  ])('is nowhere, where Error.prepareStackTrace %s', (_name, prepare) => {
    const { prepareStackTrace } = Error;
    let place: unknown;
    try {
      Error.prepareStackTrace = prepare as NonNullable<typeof Error.prepareStackTrace>;
      place = takeLocation()();
    } finally {
      Error.prepareStackTrace = prepareStackTrace!;
    }
    expect(place).toBeUndefined();
  });

  it('is nowhere when the working directory is gone', () => {
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('ENOENT: uv_cwd');
    });
    const place = takeLocation()();
    vi.restoreAllMocks();
    expect(place).toBeUndefined();
  });

  it('is nowhere when the length of stacks is fixed', () => {
    const descriptor = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
    Object.defineProperty(Error, 'stackTraceLimit', { ...descriptor, writable: false });
    const place = takeLocation()();
    Object.defineProperty(Error, 'stackTraceLimit', descriptor);
    expect(place).toBeUndefined();
  });

  it('leaves the length of stacks as it was', () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 3;
    takeLocation()();
    const after = Error.stackTraceLimit;
    Error.stackTraceLimit = stackTraceLimit;
    expect(after).toBe(3);
  });
});
