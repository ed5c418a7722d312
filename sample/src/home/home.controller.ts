import { Controller, Get } from '@nestjs/common';
import { MetricsService } from 'nestjs-hyper-metrics';
import { ROUTE_LINKS } from './route-links.js';

@Controller()
export class HomeController {
  constructor(private readonly metrics: MetricsService) {}

  /** Paths of this shop; the metrics' whole address when they have a port of their own. */
  @Get()
  index(): Record<keyof typeof ROUTE_LINKS, string> {
    return { ...ROUTE_LINKS, metrics: this.metrics.endpointUrl ?? ROUTE_LINKS.metrics };
  }
}
