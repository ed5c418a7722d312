/**
 * Reads and writes with values, of names that each schema has. Their first value is an id or a small number, the second a number.
 */
export const PROBES: readonly string[] = [
  'SELECT id, total FROM orders WHERE id = $1',
  'SELECT * FROM orders WHERE id = $1',
  'SELECT id FROM orders WHERE total = $1 ORDER BY id',
  'SELECT count(*)::int AS n FROM orders WHERE total > $1',
  'SELECT o.id, o.total, s.n FROM orders o JOIN stock s USING (id) WHERE o.id = $1',
  'SELECT id, note, base FROM recent WHERE id = $1',
  'SELECT price($1) AS price',
  'SELECT price($1::int) AS price',
  'SELECT $1::int <+> 2 AS sum',
  "SELECT $1::text::mood < 'happy'::mood AS is_before",
  'SELECT $1::amount AS amount',
  'SELECT ($1::stock).n',
  "SELECT nextval('ids') + $1 AS next",
  "SELECT 'orders'::regclass = to_regclass('orders') AS is_same, $1::int AS n",
  'SELECT current_schema() AS schema, current_user AS role, $1::int AS n',
  "SELECT id FROM events WHERE at < '2026-01-01 12:00' AND id >= $1 ORDER BY id",
  "SELECT '2026-01-01 12:00'::timestamptz < $1::timestamptz + '15 hours'::interval AS is_before",
  "SELECT extract(month FROM '01/02/2026'::date)::int AS month, $1::int AS n",
  "SELECT extract(epoch FROM '-1 2:03:04'::interval)::int AS seconds, $1::int AS n",
  "SELECT length('a\\b') AS length, $1::int AS n",
  'SELECT id, at FROM events WHERE id = $1',
  'SELECT id FROM tools.guarded WHERE id >= $1 ORDER BY id',
  'SELECT sum(total)::text AS sum FROM public.orders WHERE id < $1',
  'SELECT id, total FROM t2.orders WHERE id = $1',
  'UPDATE stock SET n = $2 WHERE id = $1',
  'UPDATE stock SET n = $2 WHERE id = $1 RETURNING *',
  "UPDATE orders SET note = note || '.' WHERE id = $1 RETURNING note",
  'INSERT INTO stock (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n',
  'INSERT INTO orders (id, total) VALUES ($1, $2)',
  'DELETE FROM stock WHERE id = $1',
  "WITH moved AS (UPDATE stock SET n = n WHERE id = $1 RETURNING id) SELECT id, 'moved' AS what FROM moved",
];

/** Reads and writes that an application in an ordinary state sends: no schema but one, nothing that fails by its nature. */
export const ORDINARY_PROBES = PROBES.filter(
  (text) => !/price\(\$1\)|mood|amount|timestamptz|::stock/.test(text),
);
