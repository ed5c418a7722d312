import { describe, expect, it, vi } from 'vitest';
import { readPlan } from '../../../../src/database/slow-query-log/query-plan.js';

const PLAN = [
  {
    Plan: {
      'Node Type': 'Hash Join',
      'Join Type': 'Inner',
      'Total Cost': 12.5,
      'Parallel Aware': false,
      'Hash Cond': '(book.author_id = author.id)',
      Plans: [
        {
          'Node Type': 'Seq Scan',
          'Relation Name': 'book',
          Alias: 'Book 1',
          Filter: "((title ~~ 'Secret %'::text) AND (price > 12345))",
        },
        {
          'Node Type': 'Hash',
          Plans: [
            {
              'Node Type': 'Index Scan',
              'Index Name': 'author_pkey',
              'Sort Key': ["(name || 'Secret'::text) DESC", 'id'],
              'Some Later Property': "'Secret'",
            },
          ],
        },
      ],
    },
    Settings: { search_path: "'Secret'" },
  },
];

describe('a plan', () => {
  it('keeps its structure, names and numbers, and no values', () => {
    const { json, seqScans } = readPlan(PLAN);
    expect(seqScans).toBe(1);
    expect(json).not.toMatch(/Secret|12345/);
    expect(JSON.parse(json ?? '')).toEqual([
      {
        Plan: {
          'Node Type': 'Hash Join',
          'Join Type': 'Inner',
          'Total Cost': 12.5,
          'Parallel Aware': false,
          'Hash Cond': '(book.author_id = author.id)',
          Plans: [
            {
              'Node Type': 'Seq Scan',
              'Relation Name': 'book',
              Alias: 'Book 1',
              Filter: '(title ~~ ?::text AND price > ?)',
            },
            {
              'Node Type': 'Hash',
              Plans: [
                {
                  'Node Type': 'Index Scan',
                  'Index Name': 'author_pkey',
                  'Sort Key': ['(name || ?::text) DESC', 'id'],
                  'Some Later Property': '?',
                },
              ],
            },
          ],
        },
        Settings: { search_path: '?' },
      },
    ]);
  });

  it('may come as text, where the application does not parse JSON', () => {
    expect(readPlan(JSON.stringify(PLAN))).toEqual(readPlan(PLAN));
  });

  it('has no characters that forge lines of a log', () => {
    const { json } = readPlan([{ Plan: { 'Node Type': 'Seq Scan', Alias: 'a\u001b[31m\n\u202eb' } }]);
    expect(JSON.parse(json ?? '')).toEqual([{ Plan: { 'Node Type': 'Seq Scan', Alias: 'a [31m  b' } }]);
  });

  it('is not kept above 20,000 characters, but its scans are counted', () => {
    const scans = Array.from({ length: 1000 }, () => ({ 'Node Type': 'Seq Scan', 'Relation Name': 'part' }));
    expect(readPlan([{ Plan: { 'Node Type': 'Append', Plans: scans } }])).toEqual({
      json: undefined,
      seqScans: 1000,
    });
  });

  it('is not searched for values above 40,000 characters, which would block the event loop', () => {
    const search = vi.spyOn(String.prototype, 'replaceAll');
    try {
      const filters = (count: number) => [
        {
          Plan: {
            'Node Type': 'Append',
            Plans: Array.from({ length: count }, () => ({ Filter: '(a = 1)' })),
          },
        },
      ];
      expect(readPlan(filters(3000)).json).toBeUndefined();
      expect(search).not.toHaveBeenCalled();
      expect(readPlan(filters(300)).json).toContain('(a = ?)');
      expect(search).toHaveBeenCalled();
    } finally {
      search.mockRestore();
    }
  });

  it.each([[undefined], [null], [42], ['null'], [[]], [{}]])('is refused if it is %j', (answer) => {
    expect(() => readPlan(answer)).toThrow('The answer of EXPLAIN is not a plan in JSON.');
  });

  it('is refused if it is text of another format', () => {
    expect(() => readPlan('Seq Scan on book')).toThrow(SyntaxError);
  });
});
