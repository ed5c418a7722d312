import { Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { ReportsService } from './reports.service.js';

export const NIGHTLY_SALES = 'nightly sales';

/** A scheduled job. Its runs are in `schedule_run_duration_seconds`, its queries under the route `job:nightly sales`. */
@Injectable()
export class NightlySalesJob {
  private readonly logger = new Logger('NightlySales');

  constructor(private readonly reports: ReportsService) {}

  @Cron('0 3 * * *', { name: NIGHTLY_SALES })
  async report(): Promise<void> {
    const [best] = await this.reports.salesByCountry();
    this.logger.log(`Best sales: ${best?.country ?? 'none'}`);
  }
}
