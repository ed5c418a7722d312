import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { Author } from '../authors/author.entity.js';
import { Book } from '../books/book.entity.js';

/** Is awaited in the middle of an example, while there is something to see. */
export type Look = () => Promise<void>;

const SLEEP = 'SELECT pg_sleep($1)';

/** A method for each thing that the numbers of a database tell. Each says what it has done. */
@Injectable()
export class DatabaseExamplesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The connection is pinned, although nothing runs on it most of the time. */
  async holdTransaction(holdMs: number, look: Look): Promise<string> {
    await this.dataSource.transaction(async (manager) => {
      await manager.existsBy(Author, { id: 1 });
      await look();
      await delay(holdMs);
    });
    return `held a transaction for ${holdMs} ms`;
  }

  /** Somebody who takes a query runner has to release it. Here is what it looks like until then. */
  useQueryRunner(statements: number, look: Look): Promise<string> {
    return this.withQueryRunner(async (runner) => {
      for (let sent = 0; sent < statements; sent += 1) await runner.query('SELECT 1');
      await look();
      return `sent ${statements} statements by one query runner, and did not release it at once`;
    });
  }

  /** One statement uses its connection and does not pin it. */
  sleep(sleepMs: number, look: Look): Promise<string> {
    return this.withQueryRunner(async (runner) => {
      const answer = runner.query(SLEEP, [sleepMs / 1000]);
      await setImmediate();
      await look();
      await answer;
      return `waited for a query that takes ${sleepMs} ms`;
    });
  }

  /** An id that is taken already. */
  async violateUniqueness(look: Look): Promise<string> {
    const { tablePath } = this.dataSource.getMetadata(Author);
    try {
      await this.dataSource.query(`INSERT INTO ${tablePath} VALUES (1, 'Nobody', 'Nowhere')`);
      throw new Error('There is a second author of the id 1.');
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      await look();
      return `failed to insert an author: ${error.message}`;
    }
  }

  /** Those who find no connection wait for one. */
  async burst(callers: number, sleepMs: number, look: Look): Promise<string> {
    const answers = Array.from({ length: callers }, () => this.dataSource.query(SLEEP, [sleepMs / 1000]));
    await setImmediate();
    await look();
    await Promise.all(answers);
    return `sent ${callers} queries at once, each of ${sleepMs} ms`;
  }

  /** In flight until its last row was read. */
  async stream(rows: number, look: Look): Promise<string> {
    const books = this.dataSource.createQueryBuilder(Book, 'book').orderBy('book.id').limit(rows);
    let count = 0;
    for await (const _book of await books.stream()) {
      count += 1;
      if (count === 1) await look();
    }
    return `read ${count} rows as a stream`;
  }

  /** The same text with other values: the connection has it prepared, or prepares it now. */
  repeatStatement(times: number, look: Look): Promise<string> {
    return this.withQueryRunner(async (runner) => {
      for (let id = 1; id <= times; id += 1) await runner.manager.findOneBy(Author, { id });
      await look();
      return `looked for ${times} authors, one after the other, on one connection`;
    });
  }

  private async withQueryRunner<Result>(use: (runner: QueryRunner) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.connect();
      return await use(runner);
    } finally {
      await runner.release();
    }
  }
}
