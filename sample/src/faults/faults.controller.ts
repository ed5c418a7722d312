import { Controller, Get, InternalServerErrorException } from '@nestjs/common';

/** Misbehaves on purpose, so that there is something to see in the metrics. */
@Controller('faults')
export class FaultsController {
  @Get('error')
  fail(): never {
    throw new InternalServerErrorException('This route fails on purpose.');
  }
}
