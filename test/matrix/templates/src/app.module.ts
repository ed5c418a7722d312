import { Module } from '@nestjs/common';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { BooksModule } from './books/books.module.js';
import { register } from './host-registry.js';

@Module({ imports: [HyperMetricsModule.forRoot({ registry: register }), BooksModule] })
export class AppModule {}
