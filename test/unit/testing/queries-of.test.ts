import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { HyperMetricsError, type HyperMetricsOptions, MetricsService } from '../../../src/index.js';
import { type DatabaseSource, HyperMetricsTestingModule, queriesOf } from '../../../src/testing.js';
import { lineAt } from '../../support/line-at.js';
import { scriptedDataSource } from '../../support/scripted-data-source.js';
import { closeContextsAfterEach, startContext } from '../../support/nest-contexts.js';

closeContextsAfterEach();

const compile = (options?: Omit<HyperMetricsOptions, 'registry'>) =>
  Test.createTestingModule({ imports: [HyperMetricsTestingModule.forRoot(options)] }).compile();

const textsOf = async (source: DatabaseSource, action: () => unknown): Promise<readonly string[]> =>
  (await queriesOf(source, action)).map(({ fingerprint }) => fingerprint);

describe('queriesOf', () => {
  it('returns what was sent, in order, with duration, place and failure, and without values', async () => {
    const dataSource = scriptedDataSource();
    const queries = await queriesOf(dataSource, async () => {
      await dataSource.query("SELECT name FROM book WHERE id = 7 AND title = 'Momo'"); // place of the first
      await dataSource.query('WAIT 20');
      await expect(dataSource.query('FAIL')).rejects.toThrow('It failed.');
    });
    expect(queries).toEqual([
      {
        fingerprint: 'SELECT name FROM book WHERE id = ? AND title = ?',
        durationMs: expect.any(Number),
        location: expect.stringMatching(/^test\/unit\/testing\/queries-of\.test\.ts:\d+:\d+$/),
        failed: false,
      },
      expect.objectContaining({ fingerprint: 'wait ?', failed: false }),
      expect.objectContaining({ fingerprint: 'fail', failed: true }),
    ]);
    expect(lineAt(queries[0]?.location)).toContain('// place of the first');
    expect(queries[1]?.durationMs).toBeGreaterThan(15);
  });

  it.each<[string, (options: Omit<HyperMetricsOptions, 'registry'>) => Promise<INestApplicationContext>]>([
    ['a TestingModule', compile],
    ['an application', async (options) => (await compile(options)).createNestApplication({ logger: false })],
    [
      'an application context',
      (options) =>
        NestFactory.createApplicationContext(HyperMetricsTestingModule.forRoot(options), { logger: false }),
    ],
    [
      'an application without performance',
      (options) =>
        NestFactory.createApplicationContext(
          HyperMetricsTestingModule.forRoot({
            ...options,
            performance: false,
            queryTimer: false,
            pools: false,
          }),
          { logger: false },
        ),
    ],
  ])('sees all databases of %s', async (_, create) => {
    const [one, other, foreign] = [scriptedDataSource(), scriptedDataSource(), scriptedDataSource()];
    const context = await startContext(await create({ dataSources: [one, other] }));
    const action = async (): Promise<void> => {
      await one.query('SELECT a');
      await foreign.query('SELECT b');
      await other.query('SELECT c');
    };
    expect(await textsOf(context, action)).toEqual(['SELECT a', 'SELECT c']);
    const service = context.get(MetricsService);
    expect(await textsOf(service, action)).toEqual(['SELECT a', 'SELECT c']);
    expect(await textsOf(one, action)).toEqual(['SELECT a']);
    service.instrument(foreign);
    expect(await textsOf(context, action)).toEqual(['SELECT a', 'SELECT b', 'SELECT c']);
  });

  it('sees the databases of a module that is not initialised', async () => {
    const dataSource = scriptedDataSource();
    const module = await compile({ dataSources: [dataSource] });
    expect(await textsOf(module, () => dataSource.query('SELECT a'))).toEqual(['SELECT a']);
  });

  it('leaves out what was sent before and after, and leaves the data source as it was', async () => {
    const dataSource = scriptedDataSource();
    const before = dataSource.query('WAIT 20');
    const queries = await textsOf(dataSource, async () => {
      await dataSource.query('SELECT a');
      setTimeout(() => void dataSource.query('SELECT late'), 5);
      await before;
    });
    expect(queries).toEqual(['SELECT a', 'SELECT late']);
    expect(
      await textsOf(dataSource, () => {
        setTimeout(() => void dataSource.query('SELECT late'), 5);
      }),
    ).toEqual([]);
    await dataSource.query('SELECT b');
    expect(await textsOf(dataSource, () => {})).toEqual([]);
    expect(Object.keys(dataSource.driver)).toEqual(['createQueryRunner']);
  });

  it('waits for the end of what the action has sent and not awaited, and not for ever', async () => {
    const dataSource = scriptedDataSource();
    const [waited, hanging] = await queriesOf(dataSource, () => {
      void dataSource.query('WAIT 50');
      void dataSource.query('HANG');
    });
    expect(waited?.durationMs).toBeGreaterThan(40);
    expect(hanging).toMatchObject({ durationMs: undefined, failed: false });
  });

  it('works with fake timers', async () => {
    const dataSource = scriptedDataSource();
    vi.useFakeTimers();
    try {
      expect(await textsOf(dataSource, () => void dataSource.query('SELECT a'))).toEqual(['SELECT a']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rejects with the error of the action, and has let go of the database then', async () => {
    const dataSource = scriptedDataSource();
    const failure = new Error('The action failed.');
    await expect(queriesOf(dataSource, () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(
      queriesOf(dataSource, () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(queriesOf(dataSource, 'no function' as unknown as () => unknown)).rejects.toThrow(TypeError);
    expect(await textsOf(dataSource, () => dataSource.query('SELECT a'))).toEqual(['SELECT a']);
  });

  it('refuses actions that overlap on a database, and none on different ones', async () => {
    const [one, other] = [scriptedDataSource(), scriptedDataSource()];
    const app = await startContext(await compile({ dataSources: [one, other] }));
    const first = textsOf(one, () => one.query('WAIT 30'));
    const refused = vi.fn();
    await expect(queriesOf(app, refused)).rejects.toThrow(HyperMetricsError);
    await expect(queriesOf(one, refused)).rejects.toThrow(
      'Another queriesOf() or assertQueries() observes this database, and statements of actions that overlap cannot be told apart. ' +
        'Await the first one before the second begins, and do not nest them.',
    );
    expect(refused).not.toHaveBeenCalled();
    expect(await textsOf(other, () => other.query('SELECT b'))).toEqual(['SELECT b']);
    expect(await first).toEqual(['wait ?']);
    expect(await textsOf(app, () => other.query('SELECT b'))).toEqual(['SELECT b']);
  });

  it('keeps the places of the first 1,000', async () => {
    const dataSource = scriptedDataSource();
    const queries = await queriesOf(dataSource, async () => {
      for (let number = 0; number < 1010; number += 1) await dataSource.query(`SELECT ${number}`);
    });
    expect(queries).toHaveLength(1010);
    expect(queries[999]?.location).toMatch(/queries-of\.test\.ts/);
    expect(queries[1000]).toMatchObject({ fingerprint: 'SELECT ?', location: undefined });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'an application without a database',
      () => compile(),
      'The application has no observed database: no DataSource of TypeORM among its providers, and none in the option `dataSources`.',
    ],
    [
      'an application with enabled: false',
      () => compile({ enabled: false, dataSources: [scriptedDataSource()] }),
      'The databases of the application are not observed: its metrics are switched off. Remove `enabled: false` in tests',
    ],
    [
      'an application without HyperMetricsModule',
      () => Test.createTestingModule({}).compile(),
      'The application has no MetricsService. Import HyperMetricsTestingModule.forRoot(), or HyperMetricsModule.forRoot().',
    ],
    [
      'anything else',
      async () => 'shop',
      "The source of queries must be a Nest application or TestingModule, a MetricsService, a DataSource of TypeORM or a Pool of pg, and is 'shop'.",
    ],
  ])('refuses %s', async (_what, create, message) => {
    const source = (await create()) as DatabaseSource;
    const action = vi.fn();
    const refusal = await queriesOf(source, action).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(HyperMetricsError);
    expect((refusal as Error).message).toContain(message);
    expect(action).not.toHaveBeenCalled();
  });
});
