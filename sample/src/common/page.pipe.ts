import { BadRequestException, Injectable, PipeTransform } from '@nestjs/common';
import { parseInteger } from './parse-integer.js';

const DEFAULT_PAGE_SIZE = 20;
const LARGEST_PAGE_SIZE = 100;
const LARGEST_PAGE = 1_000_000;

export interface Page {
  readonly page: number;
  readonly pageSize: number;
}

/** The rows of a page, in TypeORM's terms. */
export function rowsOf({ page, pageSize }: Page): { readonly skip: number; readonly take: number } {
  return { skip: (page - 1) * pageSize, take: pageSize };
}

@Injectable()
export class PagePipe implements PipeTransform<Record<string, unknown>, Page> {
  transform(query: Record<string, unknown>): Page {
    return {
      page: readInteger(query, 'page', 1, LARGEST_PAGE),
      pageSize: readInteger(query, 'pageSize', DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE),
    };
  }
}

function readInteger(
  query: Record<string, unknown>,
  name: string,
  byDefault: number,
  largest: number,
): number {
  const text = query[name];
  if (text === undefined) return byDefault;
  const value = typeof text === 'string' ? parseInteger(text) : undefined;
  if (value === undefined || value < 1 || value > largest) {
    throw new BadRequestException(
      `The query parameter "${name}" must be a whole number from 1 to ${largest}.`,
    );
  }
  return value;
}
