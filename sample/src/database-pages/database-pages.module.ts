import { Module } from '@nestjs/common';
import { ScrapeService } from '../common/scrape.service.js';
import { ConnectionLeaksService } from './connection-leaks.service.js';
import { DatabaseExamplesService } from './database-examples.service.js';
import { DatabaseController } from './database.controller.js';

/** Pages that make each number of the database move, and show it. */
@Module({
  controllers: [DatabaseController],
  providers: [ScrapeService, DatabaseExamplesService, ConnectionLeaksService],
})
export class DatabasePagesModule {}
