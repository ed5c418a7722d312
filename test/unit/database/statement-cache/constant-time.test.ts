import { describe, expect, it } from 'vitest';
import { hasConstantTime } from '../../../../src/database/statement-cache/constant-time.js';

describe('a constant that is the present time', () => {
  it.each([
    `SELECT 'now'::timestamptz`,
    `SELECT timestamp 'NOW()', $1`,
    `SELECT 'a', ' today 12:00'::timestamp`,
    `SELECT '12:00today'::timestamp`,
    `SELECT '{now}'::timestamptz[]`,
    `SELECT '[today,tomorrow)'::daterange`,
    `SELECT e'yesterday'::date`,
    `SELECT N'now'::date`,
    `SELECT $$now$$::date`,
    `SELECT $a$now$a$::date`,
    `SELECT E'n\\x6fw'::date`,
    `SELECT E'\\'now'::date`,
    `SELECT U&'n\\006fw'::date`,
    `SELECT 1 -- it's\n, 'now'::date`,
    `SELECT "o'clock", 'now'::date`,
  ])('in %s', (text) => {
    expect(hasConstantTime(text)).toBe(true);
  });

  it.each([
    `SELECT * FROM t WHERE kind = 'gift' AND until > now() AND id = $1`,
    `INSERT INTO t VALUES ('a', now(), 'b', $1)`,
    `SELECT "now", today FROM t WHERE a = 'b' AND tomorrow = $1`,
    `SELECT 'I know', 'nowhere', E'a\\nb' /* 'now' */ -- 'now'`,
    `SELECT $1 < now() AND $2 > today`,
    'SELECT $1',
  ])('not in %s', (text) => {
    expect(hasConstantTime(text)).toBe(false);
  });

  it.each([
    ["'", false],
    ['$a$', false],
    ["u&'", true],
    ['/*', false],
    ["e'\\", false],
  ])('is looked for in bounded steps: %s', (part, isFound) => {
    // Quadratic time would be minutes.
    expect(hasConstantTime(part.repeat(100_000))).toBe(isFound);
    expect(hasConstantTime(`${part} `.repeat(100_001))).toBe(isFound);
  });
});
