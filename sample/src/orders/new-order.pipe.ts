import { Injectable, PipeTransform } from '@nestjs/common';
import { LARGEST_ID } from '../common/id.pipe.js';
import { readFields, readInteger } from '../common/json-body.js';

export const LARGEST_QUANTITY = 10_000;

export interface NewOrder {
  readonly bookId: number;
  readonly quantity: number;
}

@Injectable()
export class NewOrderPipe implements PipeTransform<unknown, NewOrder> {
  transform(body: unknown): NewOrder {
    const fields = readFields(body);
    return {
      bookId: readInteger('bookId', fields.get('bookId'), 1, LARGEST_ID),
      quantity: readInteger('quantity', fields.get('quantity'), 1, LARGEST_QUANTITY),
    };
  }
}
