import { Module } from '@nestjs/common';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { BooksModule } from './books/books.module.js';

@Module({ imports: [HyperMetricsModule.forRoot(), BooksModule] })
export class AppModule {}
