import type { LoggerService } from '@nestjs/common';

/** Every line that an application logs. */
export class LogLines implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (message: unknown): void => void this.lines.push(String(message));
  readonly warn = this.log;
  readonly error = this.log;
  readonly debug = this.log;
}
