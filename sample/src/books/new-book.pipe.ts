import { BadRequestException, Injectable, PipeTransform } from '@nestjs/common';
import { LARGEST_ID } from '../common/id.pipe.js';
import { readFields, readInteger } from '../common/json-body.js';

const LONGEST_TITLE = 200;

export interface NewBook {
  readonly title: string;
  readonly authorId: number;
  readonly priceCents: number;
  readonly publishedYear: number;
}

@Injectable()
export class NewBookPipe implements PipeTransform<unknown, NewBook> {
  transform(body: unknown): NewBook {
    const fields = readFields(body);
    return {
      title: readTitle(fields.get('title')),
      authorId: readInteger('authorId', fields.get('authorId'), 1, LARGEST_ID),
      priceCents: readInteger('priceCents', fields.get('priceCents'), 0, 1_000_000),
      publishedYear: readInteger('publishedYear', fields.get('publishedYear'), 1400, 2100),
    };
  }
}

function readTitle(value: unknown): string {
  const title = typeof value === 'string' ? value.trim() : '';
  // PostgreSQL's text cannot hold U+0000.
  if (title === '' || title.length > LONGEST_TITLE || title.includes('\0')) {
    throw new BadRequestException(`"title" must be a text of 1 to ${LONGEST_TITLE} characters.`);
  }
  return title;
}
