import { Controller, Get, Header } from '@nestjs/common';
import { MetricsService } from 'nestjs-hyper-metrics';
import { createMonitoring } from './monitoring.js';

/** For the families that are exported now: further ones appear with their first sample. */
@Controller('monitoring')
export class MonitoringController {
  constructor(private readonly metrics: MetricsService) {}

  @Get('dashboard.json')
  @Header('content-type', 'application/json; charset=utf-8')
  async dashboard(): Promise<string> {
    return (await createMonitoring(this.metrics)).dashboard;
  }

  @Get('rules.yml')
  @Header('content-type', 'text/plain; charset=utf-8')
  async rules(): Promise<string> {
    return (await createMonitoring(this.metrics)).rules;
  }
}
