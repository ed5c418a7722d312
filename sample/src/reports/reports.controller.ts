import type { ServerResponse } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { RawResponse } from '../common/raw-http.decorators.js';
import { type CountrySales, ReportsService } from './reports.service.js';

@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  /** Slow on purpose. */
  @Get('sales')
  sales(@RawResponse() response: ServerResponse): Promise<CountrySales[]> {
    // Status 102 in advance: whoever waits knows that the work has begun, and may leave before the answer.
    response.writeProcessing();
    return this.reports.salesByCountry();
  }
}
