import * as typeorm from 'typeorm';
import * as typeorm03 from 'typeorm-0.3';

/** Both versions, as far as tests use them in the same way. */
export type TypeOrm = typeof typeorm;

export const TYPEORM_VERSIONS: readonly (readonly [string, TypeOrm])[] = [
  ['1.x', typeorm],
  ['0.3', typeorm03 as unknown as TypeOrm],
];

export interface Author {
  id: number;
  name: string;
  books?: Book[];
}

export interface Book {
  id: number;
  title: string;
  author?: Author;
}

/** Authors with books. */
export function entitiesOf({ EntitySchema }: TypeOrm) {
  const author = new EntitySchema<Author>({
    name: 'author',
    columns: {
      id: { type: 'integer', primary: true, generated: true },
      name: { type: 'varchar', unique: true },
    },
    relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author', cascade: ['insert'] } },
  });
  const book = new EntitySchema<Book>({
    name: 'book',
    columns: {
      id: { type: 'integer', primary: true, generated: true },
      title: { type: 'varchar' },
    },
    relations: { author: { type: 'many-to-one', target: 'author', inverseSide: 'books', joinColumn: true } },
  });
  return { author, book, all: [author, book] };
}
