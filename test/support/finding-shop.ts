import type { DataSource, DataSourceOptions, EntitySchema } from 'typeorm';
import type { TypeOrm } from './typeorm-versions.js';

export interface Author {
  id: number;
  name: string;
  books: Promise<Book[]>;
}
export interface Book {
  id: number;
  title: string;
  author: Promise<Author>;
}
/** Its columns that the database fills in make TypeORM read a row back after a write, where there is no RETURNING. */
export interface Invoice {
  id: number;
  total: number;
  note: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}
/** The same columns of six related rows, and a list of rows. */
export interface Article {
  id: number;
  [person: `person${number}`]: Writer;
  tags: Writer[];
}
export interface Writer {
  id: number;
  name: string;
  profile: { id: number; text: string };
}
export interface Section {
  id: number;
  name: string;
  parent?: Section;
  children?: Section[];
}

export const ROWS = 6;
export const NUMBERS = Array.from({ length: ROWS }, (_, index) => index + 1);

const id = { type: 'integer', primary: true, generated: true } as const;

export function entitiesOfShop({ EntitySchema: Schema }: TypeOrm) {
  const persons = NUMBERS.map((number) => [
    `person${number}`,
    { type: 'many-to-one', target: 'writer', cascade: true } as const,
  ]);
  const entities = {
    author: new Schema<Author>({
      name: 'author',
      columns: { id, name: { type: 'varchar' } },
      relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author', lazy: true } },
    }),
    book: new Schema<Book>({
      name: 'book',
      columns: { id, title: { type: 'varchar' } },
      relations: { author: { type: 'many-to-one', target: 'author', inverseSide: 'books', lazy: true } },
    }),
    invoice: new Schema<Invoice>({
      name: 'invoice',
      columns: {
        id,
        total: { type: 'integer', default: 0 },
        note: { type: 'varchar', default: 'none' },
        version: { type: 'integer', version: true },
        createdAt: { type: Date, createDate: true },
        updatedAt: { type: Date, updateDate: true },
        deletedAt: { type: Date, deleteDate: true, nullable: true },
      },
    }),
    profile: new Schema<Writer['profile']>({ name: 'profile', columns: { id, text: { type: 'varchar' } } }),
    writer: new Schema<Writer>({
      name: 'writer',
      columns: { id, name: { type: 'varchar' } },
      relations: { profile: { type: 'many-to-one', target: 'profile', cascade: true } },
    }),
    article: new Schema<Article>({
      name: 'article',
      columns: { id },
      relations: {
        ...(Object.fromEntries(persons) as object),
        tags: { type: 'many-to-many', target: 'writer', joinTable: true },
      } as never,
    }),
    section: treeOf(Schema, 'section', 'materialized-path'),
    shelf: treeOf(Schema, 'shelf', 'nested-set'),
    drawer: treeOf(Schema, 'drawer', 'closure-table'),
  };
  return { ...entities, all: Object.values(entities) as EntitySchema[] };
}

function treeOf(
  Schema: TypeOrm['EntitySchema'],
  name: string,
  type: 'materialized-path' | 'nested-set' | 'closure-table',
): EntitySchema<Section> {
  return new Schema<Section>({
    name,
    trees: [{ type }],
    columns: { id, name: { type: 'varchar' } },
    relations: {
      parent: { type: 'many-to-one', target: name, inverseSide: 'children', treeParent: true },
      children: {
        type: 'one-to-many',
        target: name,
        inverseSide: 'parent',
        treeChildren: true,
        cascade: true,
      },
    },
  });
}

/** A data source whose statements are kept, and with rows of each kind. */
export class Shop {
  /** As TypeORM sent them. */
  readonly texts: string[] = [];
  readonly entities: ReturnType<typeof entitiesOfShop>;
  readonly dataSource: DataSource;

  constructor(
    readonly typeorm: TypeOrm,
    options: DataSourceOptions,
  ) {
    this.entities = entitiesOfShop(typeorm);
    this.dataSource = new typeorm.DataSource({
      ...options,
      entities: this.entities.all,
      cache: true,
      logging: true,
      logger: {
        logQuery: (text: string) => void this.texts.push(text),
        logQueryError: () => {},
        logQuerySlow: () => {},
        logSchemaBuild: () => {},
        logMigration: () => {},
        log: () => {},
      },
    });
  }

  async open(): Promise<void> {
    await this.dataSource.initialize();
    await this.dataSource.synchronize(true);
  }

  get authors() {
    return this.dataSource.getRepository(this.entities.author);
  }
  get books() {
    return this.dataSource.getRepository(this.entities.book);
  }
  get invoices() {
    return this.dataSource.getRepository(this.entities.invoice);
  }
  get articles() {
    return this.dataSource.getRepository(this.entities.article);
  }
  get writers() {
    return this.dataSource.getRepository(this.entities.writer);
  }
  get profiles() {
    return this.dataSource.getRepository(this.entities.profile);
  }
  tree(name: 'section' | 'shelf' | 'drawer') {
    return this.dataSource.getTreeRepository(this.entities[name]);
  }

  get type(): string {
    return this.dataSource.options.type;
  }

  /** With the quotes of the database. */
  quoted(name: string): string {
    return this.dataSource.driver.escape(name);
  }

  async fill(): Promise<void> {
    const authors = await this.authors.save(NUMBERS.map((number) => ({ name: `author ${number}` })));
    await this.books.save(
      authors.map((author) => ({ title: `book of ${author.name}`, author: Promise.resolve(author) })),
    );
    await this.invoices.save(NUMBERS.map((number) => ({ total: number })));
    const writers = await this.writers.save(
      NUMBERS.map((number) => ({ name: `writer ${number}`, profile: { text: `of ${number}` } })),
    );
    const persons = writers.map((writer, index) => [`person${index + 1}`, writer]);
    await this.articles.save({ ...(Object.fromEntries(persons) as object), tags: writers });
    for (const name of ['section', 'drawer'] as const) {
      for (const number of NUMBERS) {
        const root = await this.tree(name).save({ name: `root ${number}` });
        await this.tree(name).save({ name: 'leaf', parent: root });
      }
    }
    await this.tree('shelf').save({ name: 'root' });
  }
}
