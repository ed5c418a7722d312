import type { Logger } from '../core/tool/logger.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/**
 * Where decorated methods record to: an application, or the process-wide metrics. Methods keep it longer than an
 * application lives, so that it must not hold more of one than its registry.
 */
export class MetricsOwner {
  constructor(
    readonly registry: RegistryLease,
    readonly logger: Logger,
  ) {}

  /** Whether nothing is recorded: the application is switched off. */
  get silent(): boolean {
    return this.registry.registry.isNoop;
  }
}
