import type { RequestListener } from 'node:http';
import { Controller, Get, Inject, type INestApplication, Module, type Type } from '@nestjs/common';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { readExposition } from '../support/exposition.js';
import { createApplication, PLATFORMS } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';

const OUTER = Symbol('outer');
const QUERIES = 'hyperdjango_db_queries_per_request';

let server: Awaited<ReturnType<typeof startPostgres>>;
const sources: DataSource[] = [];

beforeAll(async () => {
  server = await startPostgres();
  for (let count = 0; count < 2; count += 1) {
    sources.push(await new DataSource({ type: 'postgres', url: server.url }).initialize());
  }
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await server.stop();
});

async function read(source: DataSource, times: number): Promise<void> {
  for (let id = 0; id < times; id += 1) {
    await source.query('SELECT $1::int AS id', [id]);
  }
}

/** Queries of its own data source, and of the outer application's where it has that. */
@Controller('reads')
class ReadsController {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(OUTER) private readonly outer: { readonly shared?: DataSource },
  ) {}

  @Get()
  async read(): Promise<void> {
    await read(this.source, 3);
    if (this.outer.shared !== undefined) {
      await read(this.outer.shared, 4);
    }
  }
}

function moduleOf(
  source: DataSource,
  outer: { readonly shared?: DataSource },
  registry = new Registry(),
): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false })],
    controllers: [ReadsController],
    providers: [
      { provide: DataSource, useValue: source },
      { provide: OUTER, useValue: outer },
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function queries(app: INestApplication): Promise<Record<string, number | undefined>> {
  const exposition = readExposition(await app.get(MetricsService).collect());
  return { requests: exposition.get(`${QUERIES}_count`), queries: exposition.get(`${QUERIES}_sum`) };
}

describe.each(PLATFORMS)('queries of applications in each other, the outer one on %s', (platform) => {
  it('belong to the application whose data source they use, and to one request each', async () => {
    const [outerSource, innerSource] = sources as [DataSource, DataSource];
    const inner = await createApplication('express', moduleOf(innerSource, { shared: outerSource }));
    await inner.init();
    const outer = await createApplication(platform, moduleOf(outerSource, {}));
    outer.use('/b', async (_request: unknown, _response: unknown, next: () => void) => {
      await read(outerSource, 2);
      next();
    });
    outer.use('/b', inner.getHttpAdapter().getInstance() as RequestListener);
    await outer.listen(0, '127.0.0.1');
    const url = await outer.getUrl();
    expect((await fetch(`${url}/b/reads`)).status).toBe(200);
    expect((await fetch(`${url}/reads`)).status).toBe(200);

    await vi.waitFor(async () => {
      expect(await queries(inner)).toEqual({ requests: 1, queries: 3 });
      expect(await queries(outer)).toEqual({ requests: 2, queries: 2 + 4 + 3 });
    });
    await outer.close();
    await inner.close();
  });

  it('are counted for one route, the innermost, where both have one registry', async () => {
    const [source] = sources as [DataSource];
    const registry = new Registry();
    const inner = await createApplication('express', moduleOf(source, {}, registry));
    await inner.init();
    const outer = await createApplication(platform, moduleOf(source, {}, registry));
    outer.use('/b', async (_request: unknown, _response: unknown, next: () => void) => {
      await read(source, 2);
      next();
    });
    outer.use('/b', inner.getHttpAdapter().getInstance() as RequestListener);
    await outer.listen(0, '127.0.0.1');
    await read(source, 5);
    expect((await fetch(`${await outer.getUrl()}/b/reads`)).status).toBe(200);

    await vi.waitFor(async () => {
      const exposition = readExposition(await outer.get(MetricsService).collect());
      const ofRoute = (route: string): number | undefined =>
        exposition.get(`hyperdjango_db_route_queries_total{route="${route}"}`);
      expect(exposition.get('hyperdjango_db_queries_total')).toBe(10);
      const outerRoute = platform === 'express' ? '/b' : '<middleware>';
      expect([ofRoute('<background>'), ofRoute(outerRoute), ofRoute('/reads')]).toEqual([5, 2, 3]);
    });
    await outer.close();
    await inner.close();
  });
});
