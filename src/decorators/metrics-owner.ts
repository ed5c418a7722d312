import type { Logger } from '../core/logger.js';
import { WarnOnce } from '../core/warn-once.js';
import type { ApplicationRegistry } from '../registry/application-registry.js';

/**
 * Where decorated methods record to: an application, or the process-wide metrics. Methods keep it longer than an
 * application lives, so that it must not hold more of one than its registry.
 */
export class MetricsOwner {
  readonly recordingFaults: WarnOnce;
  readonly labelFaults: WarnOnce;

  constructor(
    readonly registry: ApplicationRegistry,
    logger: Logger,
  ) {
    this.recordingFaults = new WarnOnce(logger, 'A call of a decorated method could not be recorded');
    this.labelFaults = new WarnOnce(logger, 'A label function of a decorator failed; its label is "unknown"');
  }

  /** Whether nothing is recorded: the application is switched off. */
  get silent(): boolean {
    return this.registry.registry.silent;
  }
}
