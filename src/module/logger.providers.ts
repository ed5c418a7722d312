import { Logger as NestLogger } from '@nestjs/common';
import { type Logger, safeLogger } from '../core/tool/logger.js';

/** The logger of everything that the module provides. It never throws. */
export const logger: Logger = safeLogger(new NestLogger('HyperMetrics'));
