import 'reflect-metadata';
import { Controller, type DynamicModule, Get, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { normalizeQuery } from '../../src/database/sql/query-fingerprint.js';
import { queryOperation } from '../../src/database/sql/query-operation.js';
import {
  HyperMetricsModule,
  MetricsService,
  NPlusOneError,
  type NPlusOnePattern,
  PerformanceTracker,
} from '../../src/index.js';
import { BETTER_SQLITE3_TIMEOUT_MS } from '../support/better-sqlite3.js';
import { DATABASES, type Databases, startUnlessMissing } from '../support/finding-databases.js';
import { NUMBERS, ROWS, Shop } from '../support/finding-shop.js';
import { FALSE_SITUATIONS, oneTextToEach, SERVERS, TRUE_SITUATIONS } from '../support/finding-situations.js';
import { startApplication } from '../support/platforms.js';
import { TYPEORM_VERSIONS } from '../support/typeorm-versions.js';
import { until } from '../support/watched-database.js';

const THRESHOLD = 5;

function watching(dataSources: readonly DataSource[]): DynamicModule {
  return HyperMetricsModule.forRoot({
    registry: new Registry(),
    runtimeMetrics: false,
    healthChecker: false,
    dataSources,
    performance: { nPlusOneThreshold: THRESHOLD, failOnNPlusOne: true },
  });
}

/** The most `SELECT`s of one fingerprint that data sources of TypeORM have sent. */
function mostRepeated(shops: readonly Shop[]): number {
  const counts = new Map<string, number>();
  for (const { texts, type } of shops) {
    for (const text of texts.filter((sent) => queryOperation(sent) === 'select')) {
      const fingerprint = normalizeQuery(text, type === 'mysql' ? 'mysql' : 'standard');
      counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
    }
  }
  return Math.max(0, ...counts.values());
}

describe.each(DATABASES)('with %s', (driver, start) => {
  const isOfDriver = ({ only }: { readonly only?: readonly string[] }): boolean =>
    only?.includes(driver) ?? true;
  let databases: Databases | undefined;
  beforeAll(async () => {
    databases = await startUnlessMissing(start);
  }, BETTER_SQLITE3_TIMEOUT_MS);
  afterAll(() => databases?.stop());
  beforeEach(({ skip }) => skip(databases === undefined, `${driver} cannot be had here`));

  describe.each(TYPEORM_VERSIONS)('and TypeORM %s', (version, typeorm) => {
    let shops: Shop[] = [];
    let shop: Shop;
    let application: INestApplicationContext;
    let works = 0;

    beforeAll(async () => {
      if (databases === undefined) return;
      for (const name of ['one', 'two', 'three']) {
        const options = await databases.create(`${name}_${version.replace(/\W/g, '_')}`);
        const opened = new Shop(typeorm, options);
        await opened.open();
        shops.push(opened);
      }
      shop = shops[0]!;
      await shop.fill();
      application = await NestFactory.createApplicationContext(
        watching(shops.map(({ dataSource }) => dataSource)),
        { logger: false },
      );
    });
    afterAll(async () => {
      await application?.close();
      await Promise.all(shops.map(({ dataSource }) => dataSource.destroy()));
      shops = [];
    });
    beforeEach(() => shops.forEach(({ texts }) => texts.splice(0)));

    /** What is found in a unit of work, which fails then. */
    async function findingsOf(
      work: () => Promise<unknown>,
      app = application,
    ): Promise<readonly NPlusOnePattern[]> {
      works += 1;
      const name = `work ${works}`;
      const failure: unknown = await app
        .get(MetricsService)
        .unitOfWork(name, work)
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      if (failure !== undefined && !(failure instanceof NPlusOneError)) throw failure;
      const patterns = app.get(PerformanceTracker).getStats().nPlusOnePatterns;
      const found = patterns.filter(({ route }) => route === name);
      expect(found.length > 0).toBe(failure !== undefined);
      return found;
    }

    it.each(TRUE_SITUATIONS.filter(isOfDriver))(
      'a finding is $what',
      async ({ run, reads, times = ROWS }) => {
        const found = await findingsOf(() => run(shop));
        expect(found.map(({ fingerprint }) => fingerprint)).toEqual(
          reads.map((read): unknown => expect.stringMatching(read)),
        );
        expect(found.map(({ maxReads }) => maxReads)).toEqual(reads.map(() => times));
      },
    );

    it.each(FALSE_SITUATIONS.filter(isOfDriver))('no finding is $what', async ({ run, where }) => {
      expect(await findingsOf(() => run(shop))).toEqual([]);
      const isRepeated = where === undefined || driver !== 'pg';
      expect(mostRepeated([shop])).toBeGreaterThanOrEqual(isRepeated ? THRESHOLD : 0);
    });

    it('no finding is one text to several data sources', async () => {
      expect(await findingsOf(() => oneTextToEach(shops))).toEqual([]);
      expect(mostRepeated(shops)).toBe(2 * shops.length);
    });

    const replicating = SERVERS.filter((server) => server === driver);
    it.each(replicating)('a finding is a read that goes to the primary and to a replica of %s', async () => {
      const { type, url } = shop.dataSource.options as { type: 'postgres' | 'mysql'; url: string };
      const dataSource = await new typeorm.DataSource({
        type,
        replication: { master: { url }, slaves: [{ url }] },
        entities: shop.entities.all,
      }).initialize();
      const app = await NestFactory.createApplicationContext(watching([dataSource]), { logger: false });
      const modes = Array.from({ length: ROWS }, (_, index) => (index < 3 ? 'master' : 'slave'));
      const found = await findingsOf(async () => {
        for (const [index, mode] of modes.entries()) {
          const runner = dataSource.createQueryRunner(mode);
          await runner.manager.findBy(shop.entities.author, { id: index });
          await runner.release();
        }
      }, app);
      expect(found).toMatchObject([{ maxReads: ROWS }]);
      await app.close();
      await dataSource.destroy();
    });

    it('a request that saves rows ends no process', async () => {
      @Controller()
      class InvoicesController {
        @Get()
        async save(): Promise<string> {
          await shop.invoices.save(NUMBERS.map((total) => ({ total })));
          for (const total of NUMBERS) await shop.invoices.save({ total });
          return 'saved';
        }
      }
      @Module({
        controllers: [InvoicesController],
        imports: [watching([shop.dataSource])],
      })
      class InvoicesModule {}
      // Vitest fails where an error is thrown out of the event loop.
      const { app, url, close } = await startApplication('express', InvoicesModule);
      expect(await (await fetch(url)).text()).toBe('saved');
      const stats = () => app.get(PerformanceTracker).getStats();
      await until('the request', () => stats().requests === 1);
      expect(stats()).toMatchObject({ nPlusOne: 0 });
      await close();
    });
  });
});
