import type { Logger } from '../core/logger.js';
import { WarnOnce } from '../core/warn-once.js';
import type { ApplicationRegistry } from '../registry/application-registry.js';

/** The classes with decorated methods of one application, and their instances. */
export interface OwnedClasses {
  hasClass(target: unknown): boolean;
  hasInstance(instance: object): boolean;
}

/** Where decorated methods record to: an application, or the process-wide metrics. */
export class MetricsOwner {
  readonly recordingFaults: WarnOnce;
  readonly labelFaults: WarnOnce;

  constructor(
    readonly registry: ApplicationRegistry,
    logger: Logger,
    readonly classes: OwnedClasses,
  ) {
    this.recordingFaults = new WarnOnce(logger, 'A call of a decorated method could not be recorded');
    this.labelFaults = new WarnOnce(logger, 'A label function of a decorator failed; its label is "unknown"');
  }

  /** Whether nothing is recorded: the application is switched off. */
  get silent(): boolean {
    return this.registry.registry.silent;
  }
}
