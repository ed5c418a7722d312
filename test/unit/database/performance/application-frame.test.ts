import { describe, expect, it, vi } from 'vitest';
import { takeLocation } from '../../../../src/database/performance/application-frame.js';

/** What the library makes of a stack that V8 might have written. */
function locationIn(lines: readonly string[]): string | undefined {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = () => ['Error', ...OWN_LINES, ...lines].join('\n');
    return takeLocation()();
  } finally {
    Error.prepareStackTrace = prepareStackTrace!;
  }
}

const OWN_LINES = [
  '    at takeStack (file:///srv/app/node_modules/nestjs-hyper-metrics/dist/esm/database/performance/application-frame.js:30:12)',
  '    at send (file:///srv/app/node_modules/nestjs-hyper-metrics/dist/esm/database/pg/client-hook.js:9:9)',
];

describe('the place of the running call', () => {
  it('is the line that called', () => {
    expect(takeLocation()()).toMatch(
      /^test\/unit\/database\/performance\/application-frame\.test\.ts:\d+:\d+$/,
    );
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

  it('is the first that is neither of this library, nor of packages, nor of Node.js', () => {
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

  it('is nowhere when only packages are on the stack', () => {
    expect(locationIn(['    at load (/srv/app/node_modules/typeorm/a.js:1:1)'])).toBeUndefined();
  });

  it('is taken where the call is, and read when it is asked for', async () => {
    const taken = ((): (() => string | undefined) => takeLocation())();
    await Promise.resolve();
    expect(taken()).toMatch(/application-frame\.test\.ts:\d+:\d+$/);
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
