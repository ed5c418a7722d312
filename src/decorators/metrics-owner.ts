import type { Logger } from '../core/tool/logger.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/**
 * The target of decorated methods: an application, or the process-wide metrics. Methods keep it after the application has
 * closed, so it must reference nothing of the application but its registry.
 */
export class MetricsOwner {
  constructor(
    readonly registry: RegistryLease,
    readonly logger: Logger,
  ) {}

  /** Whether nothing is recorded, because the application is switched off. */
  get silent(): boolean {
    return this.registry.registry.isNoop;
  }
}
