import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { AdminModule } from './admin/admin.module.js';
import { AuthorsModule } from './authors/authors.module.js';
import { BooksModule } from './books/books.module.js';
import { CoversModule } from './covers/covers.module.js';
import { DatabasePagesModule } from './database-pages/database-pages.module.js';
import { createDatabaseOptions, SCHEMA } from './database/database.options.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { EventsModule } from './events/events.module.js';
import { FaultsModule } from './faults/faults.module.js';
import { HealthModule } from './health/health.module.js';
import { HomeModule } from './home/home.module.js';
import { InstrumentsModule } from './instruments/instruments.module.js';
import { metricsEndpoint, metricsPrefix } from './metrics-endpoint.js';
import { OrdersModule } from './orders/orders.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { ReviewsModule } from './reviews/reviews.module.js';
import { SeedModule } from './seed/seed.module.js';

@Module({
  imports: [
    // The data source is found by itself. What is asked for beyond the defaults: the live page, objectives for requests, series for each pool, the lines of code
    // that keep connections, requests to other services, classes of exceptions, the traces of requests that have a sampled
    // `traceparent`, durations in native histograms, patience with queries under way when the shop closes, a table of slow queries with their plans, the
    // statements that take most time, the queries of each request in a header of its response, and statements that the server
    // parses and plans once.
    HyperMetricsModule.forRoot({
      prefix: metricsPrefix(process.env),
      slo: { availability: 0.999, latency: { thresholdSeconds: 0.25, objective: 0.95 } },
      http: { serverTiming: true, exceptions: true },
      httpClient: true,
      exemplars: true,
      nativeHistograms: true,
      endpoint: metricsEndpoint(process.env),
      pools: { perPool: true, leakThresholdMs: 6_000 },
      performance: { statements: true },
      queryTimer: {
        drainTimeoutMs: 2_000,
        slowQueryLog: { table: `${SCHEMA}.slow_queries`, explain: true },
      },
      statementCache: true,
    }),
    TypeOrmModule.forRootAsync({ useFactory: createDatabaseOptions }),
    // Runs of its jobs are recorded without more ado.
    ScheduleModule.forRoot(),
    SeedModule,
    HomeModule,
    AuthorsModule,
    BooksModule,
    CoversModule,
    ReviewsModule,
    OrdersModule,
    DeliveryModule,
    ReportsModule,
    AdminModule,
    FaultsModule,
    EventsModule,
    InstrumentsModule,
    DatabasePagesModule,
    HealthModule,
  ],
})
export class AppModule {}
