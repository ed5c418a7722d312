import { inspect } from 'node:util';
import type { Logger } from './logger.js';

/** Logs a fault of the instrumentation as a warning the first time, later on debug level: no fault can flood the log. */
export class WarnOnce {
  private warned = false;

  /** @param logger - must not throw: the fault ends here */
  constructor(
    private readonly logger: Logger,
    private readonly message: string,
  ) {}

  /** Never throws, whatever `error` is. */
  report(error: unknown): void {
    const text = `${this.message}: ${reasonOf(error)}`;
    if (this.warned) {
      this.logger.debug?.(text);
      return;
    }
    this.warned = true;
    this.logger.warn(`${text} (further ones are logged on debug level)`);
  }
}

/** Returns the message of an error, or the value that was thrown in its place. Never throws. */
export function reasonOf(error: unknown): string {
  try {
    const reason = error instanceof Error ? error.message : error;
    return typeof reason === 'string' ? reason : inspect(reason);
  } catch {
    return 'an error without a readable message';
  }
}
