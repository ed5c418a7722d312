import { Injectable } from '@nestjs/common';
import { MetricsService } from 'nestjs-hyper-metrics';

/** What `GET /metrics` answers at this moment, in part. */
@Injectable()
export class ScrapeService {
  constructor(private readonly metrics: MetricsService) {}

  async lines(pattern: RegExp): Promise<string[]> {
    const exposition = await this.metrics.collect();
    return exposition.split('\n').filter((line) => pattern.test(line));
  }
}
