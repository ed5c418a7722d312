import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { safeLogger } from '../../../../src/core/tool/logger.js';
import { NPlusOneReport } from '../../../../src/database/performance/n-plus-one-report.js';

const warn = vi.fn<(message: string) => void>();

function reportOf(): NPlusOneReport {
  return new NPlusOneReport(safeLogger({ log: () => {}, warn }));
}

function add(report: NPlusOneReport, route: string, fingerprint: string, count = 5): void {
  report.add(route, { fingerprint, count, locate: () => 'src/books.ts:3:5' }, 'GET');
}

beforeEach(() => {
  warn.mockReset();
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('warnings of repeated reads', () => {
  it('say what, how often, where, and what to do', () => {
    add(reportOf(), '/books', 'SELECT ?', 20);
    expect(warn.mock.calls).toEqual([
      [
        'N+1 queries: GET /books read 20 times: SELECT ?\n  from src/books.ts:3:5. Read all rows at once: with a join, or with a ' +
          'list of keys.',
      ],
    ]);
  });

  it('come once for each route and read', () => {
    const report = reportOf();
    for (let number = 0; number < 3; number += 1) {
      add(report, '/books', 'SELECT a');
      add(report, '/books', 'SELECT b');
      add(report, '/authors', 'SELECT a');
    }
    expect(warn).toHaveBeenCalledTimes(3);
  });

  it('come ten times a minute at most, and say how many were left out', () => {
    const report = reportOf();
    for (let number = 0; number < 30; number += 1) add(report, `/books/${number}`, 'SELECT a');
    expect(warn).toHaveBeenCalledTimes(10);
    vi.advanceTimersByTime(59_999);
    add(report, '/late', 'SELECT a');
    expect(warn).toHaveBeenCalledTimes(10);
    vi.advanceTimersByTime(1);
    add(report, '/later', 'SELECT a');
    expect(warn).toHaveBeenCalledTimes(11);
    expect(warn.mock.lastCall?.[0]).toContain('(21 further patterns were found without a warning)');
    add(report, '/latest', 'SELECT a');
    expect(warn.mock.lastCall?.[0]).not.toContain('further patterns');
  });

  it('have no method where the work is no request', () => {
    reportOf().add('nightly-mails', { fingerprint: 'SELECT ?', count: 6, locate: () => undefined });
    expect(warn.mock.calls[0]?.[0]).toContain('N+1 queries: nightly-mails read 6 times: SELECT ?\n');
  });

  it('come once for each method of a route', () => {
    const report = reportOf();
    for (const method of ['GET', 'POST', 'GET']) {
      report.add('/books', { fingerprint: 'SELECT ?', count: 6, locate: () => undefined }, method);
    }
    expect(report.all).toMatchObject([
      { route: '/books', method: 'GET', findings: 2 },
      { route: '/books', method: 'POST', findings: 1 },
    ]);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('show FROM and WHERE of a read with many columns', () => {
    const columns = Array.from({ length: 90 }, (_, index) => `"Book"."c${index}" AS "Book_c${index}"`).join(
      ', ',
    );
    add(reportOf(), '/books', `SELECT ${columns} FROM "books" "Book" WHERE (("Book"."id" = ?)) LIMIT ?`);
    expect(warn.mock.calls[0]?.[0]).toContain(
      'times: SELECT … FROM "books" "Book" WHERE (("Book"."id" = ?)) LIMIT ?\n  from src/books.ts:3:5.',
    );
  });

  it('have one line for the work and the place each, whatever is in their names', () => {
    const report = reportOf();
    report.add('a\nWARN forged\u2028', {
      fingerprint: 'SELECT ?',
      count: 6,
      locate: () => 'src/\u202eb\n.ts:3:5',
    });
    expect(warn.mock.calls[0]?.[0].split(/[\n\u2028]/)).toEqual([
      'N+1 queries: a WARN forged  read 6 times: SELECT ?',
      expect.stringContaining('  from src/ b .ts:3:5.'),
    ]);
    expect(report.all).toMatchObject([{ location: 'src/\u202eb\n.ts:3:5' }]);
  });

  it('have no line breaks and control characters of a name in quotes', () => {
    add(reportOf(), '/books', 'SELECT "a\nWARN forged\u001b[31m\u0085"');
    expect(warn.mock.calls[0]?.[0]).toContain('SELECT "a WARN forged [31m "\n  from');
  });

  it('say once that there are more patterns than are listed', () => {
    const report = reportOf();
    for (let number = 0; number < 300; number += 1) add(report, `/books/${number}`, 'SELECT a');
    const told = warn.mock.calls.filter(([message]) => message.includes('more than 200 patterns'));
    expect(told).toHaveLength(1);
    expect(report.all).toHaveLength(200);
  });

  it('show the beginning of a long read', () => {
    add(reportOf(), '/books', `SELECT ${'a'.repeat(8000)}`);
    expect(warn.mock.calls[0]?.[0].length).toBeLessThan(500);
  });

  it('look for the place once, when the pattern is new', () => {
    const report = reportOf();
    const locate = vi.fn(() => undefined);
    for (let number = 0; number < 3; number += 1) {
      report.add('/books', { fingerprint: 'SELECT a', count: 5, locate });
    }
    expect(locate).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('from an unknown location');
  });

  it('that cannot be logged change nothing', () => {
    warn.mockImplementation(() => {
      throw new Error('The disk is full.');
    });
    const report = reportOf();
    add(report, '/books', 'SELECT a');
    add(report, '/books', 'SELECT a');
    expect(report.all).toMatchObject([{ route: '/books', method: 'GET', findings: 2 }]);
  });
});

it('keeps 200 patterns, and the most reads of each', () => {
  const report = reportOf();
  for (let number = 0; number < 100_000; number += 1) add(report, '/books', `SELECT a${number}`);
  add(report, '/books', 'SELECT a0', 9);
  add(report, '/books', 'SELECT a0', 7);
  expect(report.all).toHaveLength(200);
  expect(report.all[0]).toEqual({
    route: '/books',
    method: 'GET',
    fingerprint: 'SELECT a0',
    location: 'src/books.ts:3:5',
    findings: 3,
    maxReads: 9,
  });
});
