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
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { ReviewsModule } from './reviews/reviews.module.js';
import { SeedModule } from './seed/seed.module.js';

@Module({
  imports: [
    // The data source is found by itself. All that follows is beyond the defaults.
    HyperMetricsModule.forRoot({
      prefix: metricsPrefix(process.env),
      // Objectives for requests, which the rules of Prometheus read.
      slo: { availability: 0.999, latency: { thresholdSeconds: 0.25, objective: 0.95 } },
      // The queries of each request in a header of its response, and the classes of exceptions.
      http: { serverTiming: true, exceptions: true },
      // Requests to other services.
      httpClient: true,
      // The trace of requests that have a sampled `traceparent`.
      exemplars: true,
      nativeHistograms: true,
      // The live page.
      endpoint: metricsEndpoint(process.env),
      // Series for each pool, and the lines of code that keep connections.
      pools: { perPool: true, leakThresholdMs: 6_000 },
      // The statements that take most time.
      performance: { statements: true },
      queryTimer: {
        // Patience with running queries when the shop closes.
        drainTimeoutMs: 2_000,
        slowQueryLog: { table: `${SCHEMA}.slow_queries`, explain: true },
      },
      // The server parses and plans repeated statements once.
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
    MonitoringModule,
  ],
})
export class AppModule {}
