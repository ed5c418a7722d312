import { describe, expect, it } from 'vitest';
import { namingProblem } from '../../../../src/database/pg/client-statements.js';
import type { PgClient } from '../../../../src/database/pg/pg.interface.js';

const connection = { close() {}, parsedStatements: {} };
const getTransactionStatus = (): string => 'I';
const problemOf = (client: object): string | undefined => namingProblem(client as PgClient);

describe('statements of a client', () => {
  it('can be named', () => {
    expect(problemOf({ connection, getTransactionStatus })).toBeUndefined();
    expect(problemOf({ connection, getTransactionStatus, pipeline: false })).toBeUndefined();
  });

  it.each([
    ['pg-native has no connection', { getTransactionStatus }, 'pg-native'],
    ['of another kind', { connection: { close() {} }, getTransactionStatus }, 'pg-native'],
    ['pg is older', { connection }, 'older than 8.21'],
    ['in pipeline mode', { connection, getTransactionStatus, pipeline: true }, 'pipeline'],
  ])('cannot be named: %s', (_, client, reason) => {
    expect(problemOf(client)).toContain(reason);
  });
});
