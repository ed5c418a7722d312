import { expect, it } from 'vitest';
import type { PerformanceStats } from '../../../src/database/performance/performance-tracker.js';
import type { PoolStats } from '../../../src/database/pool/pool-tracker.js';
import { detailsOf } from '../../../src/live/live-details.js';

const STATS: PerformanceStats = {
  queries: 1,
  slowQueries: 1,
  requests: 1,
  queriesInRequests: 1,
  nPlusOne: 1,
  nPlusOneExempt: 0,
  recentSlowQueries: [
    {
      fingerprint: 'SELECT ?',
      durationMs: 250,
      endedAt: new Date(1000),
      failed: true,
      parameters: ['hunter2'],
    },
  ],
  nPlusOnePatterns: [
    {
      route: '/books',
      method: 'GET',
      fingerprint: `SELECT ${'"column", '.repeat(200)} 1 FROM "books" WHERE "id" = ?`,
      location: `${process.cwd()}/src/books.service.ts:12:5`,
      findings: 3,
      maxReads: 20,
    },
  ],
  statements: [],
};

const HELD: PoolStats['held'][number] = {
  since: new Date(0),
  heldMs: 1500,
  beganEarlier: false,
  route: undefined,
  method: undefined,
  location: undefined,
  processId: 42,
  isLeakSuspected: true,
};

it('details of what is off, or has no database, are absent', () => {
  expect(detailsOf({ performance: () => undefined, pools: () => undefined })).toEqual({});
});

it('details have fingerprints on one line, lines of the application’s own code, and no parameters', () => {
  const details = detailsOf({
    performance: () => STATS,
    pools: () => ({ leaksSuspected: 0, held: [HELD] }),
  });
  expect(details).toEqual({
    nPlusOne: {
      omitted: 0,
      rows: [
        {
          method: 'GET',
          route: '/books',
          fingerprint: 'SELECT … FROM "books" WHERE "id" = ?',
          location: 'src/books.service.ts:12:5',
          findings: 3,
          maxReads: 20,
        },
      ],
    },
    slowQueries: {
      omitted: 0,
      rows: [{ fingerprint: 'SELECT ?', seconds: 0.25, endedAtMs: 1000, failed: true }],
    },
    connections: {
      omitted: 0,
      rows: [
        { heldSeconds: 1.5, method: null, route: null, location: null, processId: 42, isLeakSuspected: true },
      ],
    },
  });
  expect(JSON.stringify(details)).not.toContain('hunter2');
});

it('details are the first rows, and the number of the others', () => {
  const pools = { leaksSuspected: 0, held: Array.from({ length: 50 }, () => HELD) };
  const { connections } = detailsOf({ performance: () => undefined, pools: () => pools });
  expect([connections?.rows.length, connections?.omitted]).toEqual([20, 30]);
});

it('details of work with a name that is no string, or has control characters, are printable', () => {
  const names = [7, 'a\u202E\nb', 'x'.repeat(5000)] as unknown as string[];
  const held = names.map((route) => ({ ...HELD, route }));
  const { connections } = detailsOf({
    performance: () => undefined,
    pools: () => ({ leaksSuspected: 0, held }),
  });
  expect(connections?.rows.map(({ route }) => route)).toEqual([null, 'a  b', 'x'.repeat(300)]);
});
