/** The part of a logger that this library uses; Nest's `Logger` fits. */
export interface Logger {
  log(message: string): void;
  warn(message: string): void;
  debug?(message: string): void;
}
