import type { Logger } from './logger.js';

/**
 * Reports a fault of the instrumentation itself: the first time as a warning, afterwards on debug level, so that
 * a fault on the request path cannot flood the log.
 */
export class WarnOnce {
  private warned = false;

  constructor(
    private readonly logger: Logger,
    private readonly message: string,
  ) {}

  report(error: unknown): void {
    const text = `${this.message}: ${error instanceof Error ? error.message : String(error)}`;
    if (this.warned) {
      this.logger.debug?.(text);
      return;
    }
    this.warned = true;
    this.logger.warn(`${text} (further ones are logged on debug level)`);
  }
}
