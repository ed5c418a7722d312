import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { BooksModule } from '../books/books.module.js';
import { OPTIONS } from '../metrics-options.js';
import { Author } from './author.entity.js';
import { AuthorsController } from './authors.controller.js';

@Module({
  imports: [
    HyperMetricsModule.forRoot({
      ...OPTIONS,
      http: { ...OPTIONS.http, serverTiming: true },
      pools: { perPool: true, leakThresholdMs: 10_000 },
      performance: { statements: true },
      // Every query is slow, so that there is something to write and to explain.
      queryTimer: { thresholdMs: 0, slowQueryLog: { flushIntervalSeconds: 1, explain: true } },
      healthChecker: { intervalSeconds: 1 },
      statementCache: true,
    }),
    BooksModule,
    TypeOrmModule.forRootAsync({
      useFactory: () => ({
        type: 'postgres',
        url: process.env['DATABASE_URL'] ?? '',
        entities: [Author],
        synchronize: true,
        dropSchema: true,
        retryAttempts: 1,
      }),
    }),
    TypeOrmModule.forFeature([Author]),
  ],
  controllers: [AuthorsController],
})
export class DatabaseAppModule {}
