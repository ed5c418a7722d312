import { POOL, poolProvider } from './pool.mjs';
import { serveShop } from './shop.mjs';

await serveShop({
  providers: [poolProvider],
  orm: POOL,
  operations: {
    list: async (pool) => (await pool.query('SELECT id, title FROM book ORDER BY id')).rows.length,
    title: async (pool, id) =>
      (await pool.query('SELECT title FROM book WHERE id = $1', [id])).rows[0]?.title,
    add: async (pool) =>
      (await pool.query('INSERT INTO book (title, author_id) VALUES ($1, $2)', ['New', 1])).rowCount,
    transaction: async (pool) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('UPDATE book SET title = $1 WHERE id = $2', ['Changed', 1]);
        await client.query('COMMIT');
      } finally {
        client.release();
      }
      return 'done';
    },
    fail: (pool) => pool.query('SELECT no_column FROM book').catch((error) => error.code),
  },
});
