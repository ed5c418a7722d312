import { BadRequestException, Injectable, PipeTransform } from '@nestjs/common';
import { parseInteger } from './parse-integer.js';

/** PostgreSQL's `integer`: a larger id would be a database error, hence a 500. */
export const LARGEST_ID = 2_147_483_647;

@Injectable()
export class IdPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    const id = parseInteger(value);
    if (id === undefined || id < 1 || id > LARGEST_ID) {
      throw new BadRequestException(`The id "${value}" is not a whole number from 1 to ${LARGEST_ID}.`);
    }
    return id;
  }
}
