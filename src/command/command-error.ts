import { HyperMetricsError } from '../core/errors.js';

/** Why a command wrote nothing: one line for the person who typed it. */
export class CommandError extends HyperMetricsError {
  constructor(
    message: string,
    readonly exitCode: 1 | 2,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
