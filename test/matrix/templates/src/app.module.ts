import { Module } from '@nestjs/common';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { BooksModule } from './books/books.module.js';
import { OPTIONS } from './metrics-options.js';

@Module({ imports: [HyperMetricsModule.forRoot(OPTIONS), BooksModule] })
export class AppModule {}
