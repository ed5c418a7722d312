import type { ServerResponse } from 'node:http';
import { Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { RawResponse } from '../common/raw-http.decorators.js';
import { NIGHTLY_SALES } from './nightly-sales.job.js';
import { type CountrySales, ReportsService } from './reports.service.js';

@Controller('reports')
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  /** Slow on purpose. */
  @Get('sales')
  sales(@RawResponse() response: ServerResponse): Promise<CountrySales[]> {
    // Status 102 in advance: whoever waits knows that the work has begun, and may leave before the answer.
    response.writeProcessing();
    return this.reports.salesByCountry();
  }

  /** Starts the job now, as its schedule does at night. */
  @Post('nightly-sales')
  @HttpCode(HttpStatus.ACCEPTED)
  startNightlySales(): { readonly started: string } {
    void this.scheduler.getCronJob(NIGHTLY_SALES).fireOnTick();
    return { started: NIGHTLY_SALES };
  }
}
