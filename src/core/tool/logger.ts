/** The part of a logger that this library uses; Nest's `Logger` fits. */
export interface Logger {
  log(message: string): void;
  warn(message: string): void;
  debug?(message: string): void;
}

/** Returns a logger that passes messages to `logger` and never throws: no request, query or start may fail with the host's logger. */
export function safeLogger(logger: Logger): Required<Logger> {
  return {
    log: (message) => quietly(() => logger.log(message)),
    warn: (message) => quietly(() => logger.warn(message)),
    debug: (message) => quietly(() => logger.debug?.(message)),
  };
}

function quietly(write: () => void): void {
  try {
    write();
  } catch {
    // There is no other place to report it.
  }
}
