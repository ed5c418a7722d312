import { Controller, Get, Injectable, Module, Inject } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { Counted, HyperMetricsModule, type HyperMetricsOptions, Timed } from '../../src/index.js';
import { deferred } from './deferred.js';
import { ask } from './http-client.js';
import { type OpenMetricsSample, parseOpenMetrics } from './parse-open-metrics.js';
import { type Platform, type RunningApplication, startApplication } from './platforms.js';

/** A sample with an exemplar: the family, its labels, the labels of the exemplar. */
export type ExemplarOf = readonly [
  family: string,
  labels: Readonly<Record<string, string>>,
  exemplar: Readonly<Record<string, string>>,
];

const OPEN_METRICS = { accept: 'application/openmetrics-text; version=1.0.0' };

/** An application whose requests call decorated methods, which send queries. */
export class TracedApplication {
  private constructor(
    private readonly application: RunningApplication,
    readonly registry: Registry,
    readonly pool: Pool,
    /** Lets the request for `/holding` release its connection. */
    readonly release: () => void,
  ) {}

  static async start(
    platform: Platform,
    connectionString: string,
    exemplars: HyperMetricsOptions['exemplars'],
    use: readonly ((request: unknown, response: unknown, next: () => void) => void)[] = [],
  ): Promise<TracedApplication> {
    const pool = new Pool({ connectionString, max: 1 });
    const registry = new Registry();
    const POOL = Symbol('pool');
    const mayRelease = deferred();

    @Injectable()
    class Books {
      constructor(@Inject(POOL) private readonly books: Pool) {}

      @Timed()
      async find(): Promise<void> {
        await this.books.query('SELECT 1');
      }

      @Counted()
      async fail(): Promise<void> {
        await this.books.query('SELECT 1 / 0');
      }
    }

    @Controller()
    class BooksController {
      constructor(@Inject(Books) private readonly books: Books) {}

      @Get('books/:id')
      async find(): Promise<string> {
        await this.books.find();
        return 'found';
      }

      @Get('failing')
      async fail(): Promise<void> {
        await this.books.fail();
      }

      /** Keeps the pool's only connection until the test lets it go. */
      @Get('holding')
      async hold(): Promise<string> {
        const client = await pool.connect();
        await mayRelease.promise;
        client.release();
        return 'held';
      }

      /** Its query is sent when the pool's only connection is released. */
      @Get('waiting')
      async wait(): Promise<string> {
        await pool.query('INSERT INTO waited VALUES (1)');
        return 'waited';
      }

      @Get('span')
      span(): Promise<string> {
        return trace.getTracer('test').startActiveSpan('inner', async (span) => {
          await pool.query('DELETE FROM waited');
          span.end();
          return span.spanContext().spanId;
        });
      }
    }

    @Module({
      imports: [
        HyperMetricsModule.forRoot({
          registry,
          runtimeMetrics: false,
          dataSources: [pool],
          healthChecker: false,
          http: { handlers: true, sizes: true },
          ...(exemplars !== undefined && { exemplars }),
        }),
      ],
      controllers: [BooksController],
      providers: [Books, { provide: POOL, useValue: pool }],
    })
    class ApplicationModule {}
    await pool.query('CREATE TABLE IF NOT EXISTS waited (id int)');
    const application = await startApplication(platform, ApplicationModule, (app) => {
      use.forEach((middleware) => app.use(middleware));
    });
    return new TracedApplication(application, registry, pool, () => mayRelease.resolve());
  }

  get url(): string {
    return this.application.url;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { body } = await ask(this.application.url + path, headers);
    return body.toString();
  }

  async scrape(): Promise<readonly OpenMetricsSample[]> {
    const { body } = await ask(`${this.application.url}/metrics`, OPEN_METRICS);
    return parseOpenMetrics(body).samples;
  }

  /** Of the metrics' own OpenMetrics, or of what the application's Prometheus client makes of them. */
  async exemplars(of: 'endpoint' | 'client' = 'endpoint'): Promise<readonly ExemplarOf[]> {
    return exemplarsOf(of === 'endpoint' ? await this.scrape() : await this.readByClient());
  }

  /** A sample's value. */
  async value(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const samples = await this.scrape();
    return samples.find(
      (sample) =>
        sample.name === `hyperdjango_${name}` &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;
  }

  async close(): Promise<void> {
    await this.application.close();
    await this.pool.end();
  }

  private async readByClient(): Promise<readonly OpenMetricsSample[]> {
    const before = this.registry.contentType;
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    try {
      return parseOpenMetrics(Buffer.from(await this.registry.metrics())).samples;
    } finally {
      this.registry.setContentType(before);
    }
  }
}

function exemplarsOf(samples: readonly OpenMetricsSample[]): ExemplarOf[] {
  return samples.flatMap(({ name, labels, exemplar }) => {
    const own = Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'le'));
    const family = name.replace(/^hyperdjango_/, '').replace(/_bucket$/, '');
    return exemplar === undefined ? [] : [[family, own, exemplar.labels] as const];
  });
}

/** The exemplars of some families, as `family{label value …} exemplar`. */
export function named(exemplars: readonly ExemplarOf[], label: string): string[] {
  return exemplars
    .map(([family, labels, exemplar]) => [family, ...Object.values(labels), exemplar[label] ?? '-'].join(' '))
    .toSorted();
}
