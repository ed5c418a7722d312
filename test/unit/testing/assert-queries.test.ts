import { AssertionError } from 'node:assert';
import { describe, expect, it, vi } from 'vitest';
import { InvalidValueError } from '../../../src/index.js';
import { assertQueries, type QueryBudget } from '../../../src/testing.js';
import { type ScriptedDataSource, scriptedDataSource } from '../../support/scripted-data-source.js';

async function send(dataSource: ScriptedDataSource, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await dataSource.query(text).catch(() => {});
}

/** The failure of an assertion, which must fail. */
async function failureOf(
  budget: QueryBudget,
  action: (dataSource: ScriptedDataSource) => unknown,
): Promise<AssertionError> {
  const dataSource = scriptedDataSource();
  const outcome: unknown = await assertQueries(dataSource, budget, () => action(dataSource)).then(
    () => 'no failure',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(AssertionError);
  return outcome as AssertionError;
}

/** A message with `…` in place of the position in this file. */
const withoutPositions = ({ message }: Error): string =>
  message.replaceAll(/test\/unit\/testing\/assert-queries\.test\.ts:\d+:\d+/g, 'here');

describe('assertQueries', () => {
  it.each<[QueryBudget, number]>([
    [{ exactly: 2 }, 2],
    [{ exactly: 0 }, 0],
    [{ atMost: 3 }, 3],
    [{ atMost: 3, exactly: undefined }, 0],
    [{ atLeast: 1 }, 5],
    [{ atLeast: 1, atMost: 2 }, 1],
  ])('passes with %j and %i queries, and returns what the action returned', async (budget, count) => {
    const dataSource = scriptedDataSource();
    const action = async (): Promise<number> => {
      await send(dataSource, ...Array.from({ length: count }, () => 'SELECT 1'));
      return count;
    };
    expect(await assertQueries(dataSource, budget, action)).toBe(count);
  });

  it.each<[QueryBudget, number, number, string]>([
    [{ exactly: 2 }, 1, 2, 'The action sent 1 query; expected: exactly 2. Sent:'],
    [{ exactly: 2 }, 3, 2, 'The action sent 3 queries; expected: exactly 2. Sent:'],
    [{ atMost: 0 }, 1, 0, 'The action sent 1 query; expected: at most 0. Sent:'],
    [{ atLeast: 1 }, 0, 1, 'The action sent 0 queries; expected: at least 1'],
    [{ atLeast: 1, atMost: 2 }, 3, 2, 'The action sent 3 queries; expected: at least 1 and at most 2. Sent:'],
    [{ atLeast: 1, atMost: 2 }, 0, 1, 'The action sent 0 queries; expected: at least 1 and at most 2'],
  ])('fails with %j and %i queries', async (budget, count, expected, message) => {
    const failure = await failureOf(budget, (dataSource) =>
      send(dataSource, ...Array.from({ length: count }, () => 'SELECT 1')),
    );
    expect(failure.message.split('\n')[0]).toBe(message);
    expect(failure).toMatchObject({ actual: count, expected, operator: 'assertQueries' });
    expect(failure.message).not.toContain('undefined');
  });

  it('lists what was sent, by statement and place, the most frequent first', async () => {
    const failure = await failureOf({ atMost: 1 }, async (dataSource) => {
      await send(dataSource, 'START TRANSACTION');
      for (let id = 1; id <= 3; id += 1) await dataSource.query(`SELECT * FROM book WHERE id = ${id}`);
      await dataSource.query("SELECT * FROM book WHERE id = 'secret'");
      await send(dataSource, 'FAIL', 'FAIL', 'SELECT a\nFROM b');
    });
    expect(withoutPositions(failure)).toBe(
      [
        'The action sent 8 queries; expected: at most 1. Sent:',
        '  4 × SELECT * FROM book WHERE id = ?',
        '      from here (3 ×)',
        '      from here (1 ×)',
        '  2 × fail (failed: 2)',
        '      from here',
        '  1 × start transaction',
        '      from here',
        '  1 × SELECT a FROM b',
        '      from here',
      ].join('\n'),
    );
  });

  it('lists 20 statements of 300 characters, and 5 places of each', async () => {
    const failure = await failureOf({ atMost: 1 }, async (dataSource) => {
      for (let number = 0; number < 30; number += 1) {
        await dataSource.query(`SELECT ${'long_column, '.repeat(100)} a FROM table_${number}`);
      }
      // prettier-ignore
      {
        await send(dataSource, 'SELECT b');
        await dataSource.query('SELECT b'); await dataSource.query('SELECT b'); await dataSource.query('SELECT b');
        await dataSource.query('SELECT b'); await dataSource.query('SELECT b'); await dataSource.query('SELECT b');
      }
    });
    const lines = failure.message.split('\n');
    expect(lines[1]).toBe('  7 × SELECT b');
    expect(lines[7]).toBe('      from 2 further locations');
    expect(lines[8]).toBe('  1 × SELECT … FROM table_0');
    expect(lines.at(-1)).toBe('  and 11 queries with 11 further fingerprints');
    expect(lines.length).toBeLessThan(60);
  });

  it('does not wait for the end of what was sent', async () => {
    const dataSource = scriptedDataSource();
    const passing = assertQueries(dataSource, { exactly: 1 }, () => void dataSource.query('HANG'));
    await expect(passing).resolves.toBeUndefined();
  });

  it('rejects with the error of the action, whatever was sent', async () => {
    const dataSource = scriptedDataSource();
    await expect(assertQueries(dataSource, { atMost: 0 }, () => dataSource.query('FAIL'))).rejects.toThrow(
      'It failed.',
    );
  });

  it.each([
    [{}],
    [{ exactly: undefined }],
    [{ exactly: 1, atMost: 2 }],
    [{ atLeast: 3, atMost: 2 }],
    [{ atMost: -1 }],
    [{ atMost: 1.5 }],
    [{ atMost: Number.NaN }],
    [{ atMost: '3' }],
    [{ atMost: 3, most: 4 }],
    [undefined],
    [null],
    [3],
  ])('refuses %j', async (budget) => {
    const action = vi.fn();
    const refused = assertQueries(scriptedDataSource(), budget as QueryBudget, action);
    await expect(refused).rejects.toThrow(InvalidValueError);
    await expect(refused).rejects.toThrow(
      'assertQueries() needs { exactly }, { atMost }, { atLeast } or { atLeast, atMost } with whole numbers of at least 0, and got ',
    );
    expect(action).not.toHaveBeenCalled();
  });
});
