import { BadRequestException, PipeTransform } from '@nestjs/common';
import { parseInteger } from '../common/parse-integer.js';

/** A query parameter from 1 to `highest` that may be left out. */
export class WholeNumberPipe implements PipeTransform<unknown, number> {
  constructor(
    private readonly byDefault: number,
    private readonly highest: number,
  ) {}

  transform(value: unknown): number {
    if (value === undefined) return this.byDefault;
    const number = typeof value === 'string' ? parseInteger(value) : undefined;
    if (number === undefined || number < 1 || number > this.highest) {
      throw new BadRequestException(`The parameter must be a whole number from 1 to ${this.highest}.`);
    }
    return number;
  }
}
