// Seven tables in a chain, with integer keys and with UUIDs, and a skewed one: for statement-cache-client.mjs.
import { EntitySchema } from 'typeorm';

/** Each has the next one as its parent. */
const CHAIN = ['review', 'book', 'author', 'publisher', 'city', 'country', 'region'];
export const ROWS = 200;
/** Of the skewed table: nearly all are done, and those that failed are the latest. */
const SKEWED_ROWS = 300_000;

export const tableOf = (kind, name) => `${kind}_${name}`;

export function entitiesOf(kind) {
  const id =
    kind === 'uuid' ? { type: 'uuid', primary: true } : { type: 'integer', primary: true, generated: false };
  return CHAIN.map(
    (name, index) =>
      new EntitySchema({
        name: tableOf(kind, name),
        columns: {
          id,
          title: { type: 'varchar' },
          note: { type: 'text', nullable: true },
          size: { type: 'integer' },
          madeAt: { type: 'timestamptz', default: () => 'now()' },
        },
        relations:
          index === CHAIN.length - 1
            ? {}
            : { parent: { type: 'many-to-one', target: tableOf(kind, CHAIN[index + 1]), joinColumn: true } },
      }),
  );
}

export const idOf = (kind, n) =>
  kind === 'uuid' ? `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` : n;

export async function seed(dataSource) {
  for (const kind of ['integer', 'uuid']) {
    for (const name of CHAIN.toReversed()) {
      const rows = Array.from({ length: ROWS }, (_, index) => ({
        id: idOf(kind, index + 1),
        title: `${name} ${index}`,
        size: index,
        ...(name === 'region' ? {} : { parent: { id: idOf(kind, 1 + ((index * 7) % ROWS)) } }),
      }));
      await dataSource.getRepository(tableOf(kind, name)).insert(rows);
    }
  }
  await dataSource.query(`CREATE TABLE skewed AS SELECT id,
    CASE WHEN id > ${SKEWED_ROWS - 100} THEN 'failed' WHEN id > ${SKEWED_ROWS - 200} THEN 'new' ELSE 'done' END AS status
    FROM generate_series(1, ${SKEWED_ROWS}) id`);
  await dataSource.query('ALTER TABLE skewed ADD PRIMARY KEY (id)');
  await dataSource.query('CREATE INDEX ON skewed (status)');
  await dataSource.query('ANALYZE');
}

/** The raw statement that joins all seven. */
export const JOIN_OF_SEVEN = `SELECT * FROM ${CHAIN.map((name, index) =>
  index === 0
    ? `${tableOf('integer', name)} t0`
    : `JOIN ${tableOf('integer', name)} t${index} ON t${index}.id = t${index - 1}."parentId"`,
).join(' ')} WHERE t0.id = $1`;

/** The same by a query builder. */
export function joinOfSeven(dataSource, id) {
  const query = dataSource.getRepository(tableOf('integer', 'review')).createQueryBuilder('t0');
  CHAIN.slice(1).forEach((_, index) => query.leftJoinAndSelect(`t${index}.parent`, `t${index + 1}`));
  return query.where('t0.id = :id', { id }).getOne();
}
