import { ExceptionsHandler } from '@nestjs/core/exceptions/exceptions-handler.js';
import type { ExceptionsHandler as ObservedHandler } from '../http/nest-exceptions.adapter.js';

/** The prototype of the objects that choose the filter of an exception. */
export const exceptionsHandler: ObservedHandler = ExceptionsHandler.prototype;
