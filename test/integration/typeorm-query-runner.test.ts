import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource, QueryRunner } from 'typeorm';
import { QueryTimer } from '../../src/index.js';
import { startPostgres } from '../support/postgres.js';
import { StatementLog } from '../support/statement-log.js';
import { TYPEORM_VERSIONS } from '../support/typeorm-versions.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** The methods of both versions that send statements, in an order in which each finds what it needs. */
const METHODS = [
  'connect',
  'getVersion',
  'hasDatabase',
  'getCurrentDatabase',
  'hasSchema',
  'getCurrentSchema',
  'createDatabase',
  'dropDatabase',
  'createSchema',
  'dropSchema',
  'hasTable',
  'createTable',
  'changeTableComment',
  'addColumn',
  'addColumns',
  'hasColumn',
  'renameColumn',
  'changeColumn',
  'changeColumns',
  'dropColumn',
  'dropColumns',
  'dropPrimaryKey',
  'createPrimaryKey',
  'updatePrimaryKeys',
  'createUniqueConstraint',
  'createUniqueConstraints',
  'dropUniqueConstraint',
  'dropUniqueConstraints',
  'createCheckConstraint',
  'createCheckConstraints',
  'dropCheckConstraint',
  'dropCheckConstraints',
  'createExclusionConstraint',
  'createExclusionConstraints',
  'dropExclusionConstraint',
  'dropExclusionConstraints',
  'createForeignKey',
  'createForeignKeys',
  'dropForeignKey',
  'dropForeignKeys',
  'createIndex',
  'createIndices',
  'dropIndex',
  'dropIndices',
  'createView',
  'createViewIndex',
  'createViewIndices',
  'dropViewIndex',
  'getView',
  'getViews',
  'dropView',
  'getTable',
  'getTables',
  'renameTable',
  'query',
  'sql',
  'stream',
  'startTransaction',
  'commitTransaction',
  'rollbackTransaction',
  'clearTable',
  'executeMemoryUpSql',
  'executeMemoryDownSql',
  'dropTable',
  'clearDatabase',
] as const;

/** Those that send nothing, or are no methods for applications. */
const OTHERS = new Set(
  `getDatabases getSchemas releasePostgresConnection release loadViews loadTables createTableSql dropTableSql createViewSql
  insertViewDefinitionSql dropViewSql deleteViewDefinitionSql dropEnumTypes hasEnumType createEnumTypeSql
  dropEnumTypeSql buildIndexTypeClause createIndexSql createViewIndexSql dropIndexSql createPrimaryKeySql
  dropPrimaryKeySql createUniqueConstraintSql dropUniqueConstraintSql createCheckConstraintSql
  dropCheckConstraintSql createExclusionConstraintSql dropExclusionConstraintSql createForeignKeySql
  dropForeignKeySql buildSequenceName buildSequencePath buildEnumName getUserDefinedTypeName escapeComment
  escapePath getTableNameWithSchema buildCreateColumnSql hasSupportForPartitionedTables beforeMigration
  afterMigration enableSqlMemory disableSqlMemory clearSqlMemory getMemorySql getReplicationMode getCachedView
  getCachedTable replaceCachedTable getTablePath getTypeormMetadataTableName selectTypeormMetadataSql
  insertTypeormMetadataSql updateTypeormMetadataSql deleteTypeormMetadataSql isColumnChanged isEnumChanged
  isDefaultColumnLength isDefaultColumnPrecision isDefaultColumnScale executeQueries generateIndexName`.split(
    /\s+/,
  ),
);

type Call = () => unknown;

describe.each(TYPEORM_VERSIONS)('a query runner of TypeORM %s', (_version, typeorm) => {
  const { Table, TableColumn, TableUnique, TableCheck, TableExclusion, TableForeignKey, TableIndex, View } =
    typeorm;
  let source: DataSource;
  let runner: QueryRunner;
  let timer: QueryTimer;
  let statements: StatementLog;

  beforeAll(async () => {
    statements = new StatementLog();
    source = new typeorm.DataSource({ type: 'postgres', url: server.url });
    timer = new QueryTimer(source).install();
    await source.initialize();
    runner = source.createQueryRunner();
    await runner.query('CREATE SCHEMA IF NOT EXISTS other; DROP TABLE IF EXISTS one, two CASCADE');
    // Where TypeORM keeps the texts of views.
    await runner.query(
      'CREATE TABLE IF NOT EXISTS typeorm_metadata (type text, database text, schema text, "table" text, name text, value text)',
    );
    await runner.createTable(
      new Table({ name: 'two', columns: [{ name: 'id', type: 'int', isPrimary: true }] }),
    );
  });
  afterAll(async () => {
    timer.uninstall();
    await source.destroy();
    statements.stop();
  });

  const text = (name: string) => new TableColumn({ name, type: 'varchar', isNullable: true });
  const unique = (name: string) => new TableUnique({ name, columnNames: ['c'] });
  const check = (name: string) => new TableCheck({ name, expression: "c <> ''" });
  const exclusion = (name: string) => new TableExclusion({ name, expression: 'USING btree (c WITH =)' });
  const index = (name: string) => new TableIndex({ name, columnNames: ['c'] });
  const foreignKey = (name: string) =>
    new TableForeignKey({
      name,
      columnNames: ['id'],
      referencedTableName: 'two',
      referencedColumnNames: ['id'],
    });
  const view = new View({ name: 'seen', expression: 'SELECT 1 AS c', materialized: true });
  const viewIndex = (name: string) => new TableIndex({ name, columnNames: ['c'] });

  const calls: Record<(typeof METHODS)[number], Call> = {
    connect: () => runner.connect(),
    getVersion: () => (runner as unknown as { getVersion(): unknown }).getVersion(),
    hasDatabase: () => runner.hasDatabase('postgres'),
    getCurrentDatabase: () => runner.getCurrentDatabase(),
    hasSchema: () => runner.hasSchema('other'),
    getCurrentSchema: () => runner.getCurrentSchema(),
    createDatabase: () => runner.createDatabase('another', true),
    dropDatabase: () => runner.dropDatabase('another', true),
    createSchema: () => runner.createSchema('third', true),
    dropSchema: () => runner.dropSchema('third', true),
    hasTable: () => runner.hasTable('one'),
    createTable: () =>
      runner.createTable(
        new Table({
          name: 'one',
          columns: [
            { name: 'id', type: 'int', isPrimary: true },
            { name: 'kind', type: 'enum', enum: ['a', 'b'], isNullable: true },
            { name: 'c', type: 'varchar', isNullable: true },
          ],
          indices: [{ name: 'one_kind', columnNames: ['kind'] }],
        }),
      ),
    changeTableComment: () => runner.changeTableComment('one', 'A comment'),
    addColumn: () => runner.addColumn('one', text('d')),
    addColumns: () => runner.addColumns('one', [text('e'), text('f'), text('g')]),
    hasColumn: () => runner.hasColumn('one', 'd'),
    renameColumn: () => runner.renameColumn('one', 'd', 'h'),
    changeColumn: () => runner.changeColumn('one', 'h', text('i')),
    changeColumns: () => runner.changeColumns('one', [{ oldColumn: text('i'), newColumn: text('j') }]),
    dropColumn: () => runner.dropColumn('one', 'j'),
    dropColumns: () => runner.dropColumns('one', ['e', 'f']),
    dropPrimaryKey: () => runner.dropPrimaryKey('one'),
    createPrimaryKey: () => runner.createPrimaryKey('one', ['id']),
    updatePrimaryKeys: () =>
      runner.updatePrimaryKeys('one', [new TableColumn({ name: 'id', type: 'int', isPrimary: true })]),
    createUniqueConstraint: () => runner.createUniqueConstraint('one', unique('u1')),
    createUniqueConstraints: () => runner.createUniqueConstraints('one', [unique('u2'), unique('u3')]),
    dropUniqueConstraint: () => runner.dropUniqueConstraint('one', 'u1'),
    dropUniqueConstraints: () => runner.dropUniqueConstraints('one', [unique('u2'), unique('u3')]),
    createCheckConstraint: () => runner.createCheckConstraint('one', check('k1')),
    createCheckConstraints: () => runner.createCheckConstraints('one', [check('k2'), check('k3')]),
    dropCheckConstraint: () => runner.dropCheckConstraint('one', 'k1'),
    dropCheckConstraints: () => runner.dropCheckConstraints('one', [check('k2'), check('k3')]),
    createExclusionConstraint: () => runner.createExclusionConstraint('one', exclusion('x1')),
    createExclusionConstraints: () => runner.createExclusionConstraints('one', [exclusion('x2')]),
    dropExclusionConstraint: () => runner.dropExclusionConstraint('one', 'x1'),
    dropExclusionConstraints: () => runner.dropExclusionConstraints('one', [exclusion('x2')]),
    createForeignKey: () => runner.createForeignKey('one', foreignKey('f1')),
    createForeignKeys: () => runner.createForeignKeys('one', [foreignKey('f2'), foreignKey('f3')]),
    dropForeignKey: () => runner.dropForeignKey('one', 'f1'),
    dropForeignKeys: () => runner.dropForeignKeys('one', [foreignKey('f2'), foreignKey('f3')]),
    createIndex: () => runner.createIndex('one', index('i1')),
    createIndices: () => runner.createIndices('one', [index('i2'), index('i3')]),
    dropIndex: () => runner.dropIndex('one', 'i1'),
    dropIndices: () => runner.dropIndices('one', [index('i2'), index('i3')]),
    createView: () => runner.createView(view, true),
    createViewIndex: () => withViews().createViewIndex(view, viewIndex('v1')),
    createViewIndices: () => withViews().createViewIndices(view, [viewIndex('v2')]),
    dropViewIndex: () => withViews().dropViewIndex(view, viewIndex('v1')),
    getView: () => runner.getView('seen'),
    getViews: () => runner.getViews(['seen']),
    dropView: () => runner.dropView(view),
    getTable: () => runner.getTable('one'),
    getTables: () => runner.getTables(['one', 'two']),
    renameTable: () => runner.renameTable('one', 'uno'),
    query: () => runner.query('SELECT $1::int', [1]),
    sql: () => runner.sql`SELECT ${1}::int`,
    stream: async () => (await runner.stream('SELECT i FROM generate_series(1, 1000) i')).toArray(),
    startTransaction: async () => {
      await runner.startTransaction('SERIALIZABLE');
      await runner.startTransaction();
    },
    commitTransaction: async () => {
      await runner.commitTransaction();
      await runner.commitTransaction();
    },
    rollbackTransaction: async () => {
      await runner.startTransaction();
      await runner.startTransaction();
      await runner.rollbackTransaction();
      await runner.rollbackTransaction();
    },
    clearTable: () => runner.clearTable('uno'),
    executeMemoryUpSql: async () => {
      runner.enableSqlMemory();
      await runner.addColumn('uno', text('remembered'));
      await runner.executeMemoryUpSql();
    },
    executeMemoryDownSql: async () => {
      await runner.executeMemoryDownSql();
      runner.disableSqlMemory();
      runner.clearSqlMemory();
    },
    dropTable: () => runner.dropTable('uno'),
    clearDatabase: () => runner.clearDatabase(),
  };

  interface WithViews {
    createViewIndex(of: unknown, which: unknown): Promise<void>;
    createViewIndices(of: unknown, which: unknown[]): Promise<void>;
    dropViewIndex(of: unknown, which: unknown): Promise<void>;
  }
  const withViews = (): WithViews => runner as unknown as WithViews;

  it('has no method that is not known here', () => {
    const names = new Set<string>();
    for (
      let prototype = Object.getPrototypeOf(runner) as object | null;
      prototype !== null && prototype !== Object.prototype;
      prototype = Object.getPrototypeOf(prototype) as object | null
    ) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (typeof value === 'function' && name !== 'constructor') {
          names.add(name);
        }
      }
    }
    const known = new Set<string>([...METHODS, ...OTHERS]);
    expect([...names].filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(METHODS.map((name) => [name]))('has every statement of %s timed', async (name) => {
    const sent = statements.texts.length;
    const timed = timer.getStats();
    await calls[name]();
    const count = statements.texts.length - sent;
    expect(timer.getStats()).toMatchObject({
      queries: timed.queries + count,
      errors: timed.errors,
      inFlight: 0,
    });
    expect(count).toBeGreaterThan(name === 'connect' ? -1 : 0);
  });

  it('had nothing sent past the timer, from initialize() on', () => {
    expect(timer.getStats().queries).toBe(statements.texts.length);
    expect(statements.texts.length).toBeGreaterThan(100);
  });
});
