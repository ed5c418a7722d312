import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { PoolHealthChecker } from 'nestjs-hyper-metrics';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checker: PoolHealthChecker,
  ) {}

  /** 503 while the database does not answer. A pool without a free connection is no reason. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.checker.isHealthy('database')]);
  }
}
