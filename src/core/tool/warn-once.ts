import { inspect } from 'node:util';
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

  /** Never throws, whatever was thrown and whatever the logger does: the fault must end here. */
  report(error: unknown): void {
    try {
      const reason = error instanceof Error ? error.message : error;
      const text = `${this.message}: ${typeof reason === 'string' ? reason : inspect(reason)}`;
      if (this.warned) {
        this.logger.debug?.(text);
        return;
      }
      this.warned = true;
      this.logger.warn(`${text} (further ones are logged on debug level)`);
    } catch {
      // There is nobody left to tell.
    }
  }
}
