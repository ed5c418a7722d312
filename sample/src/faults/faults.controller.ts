import { Controller, Get, InternalServerErrorException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

const SLOW_QUERY_SECONDS = 0.3;

/** Routes that misbehave on purpose, so that there is something to see in the metrics. */
@Controller('faults')
export class FaultsController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Get('error')
  fail(): never {
    throw new InternalServerErrorException('This route fails on purpose.');
  }

  @Get('slow')
  async beSlow(): Promise<{ waitedSeconds: number }> {
    await this.dataSource.query('SELECT pg_sleep($1)', [SLOW_QUERY_SECONDS]);
    return { waitedSeconds: SLOW_QUERY_SECONDS };
  }
}
