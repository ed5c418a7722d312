import { Controller, Get, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Pool } from 'pg';

/** Stands for your configuration, such as the ConfigService of `@nestjs/config`. */
class Settings {
  readonly databaseUrl = process.env['DATABASE_URL'];
  readonly region = process.env['REGION'] ?? 'local';
}

@Global()
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** A table of each connection's own: nothing stays in your database. */
const TABLE = "CREATE TEMP TABLE book AS SELECT id, 'Book ' || id AS title FROM generate_series(1, 8) AS id";

@Controller('books')
class BooksController implements OnApplicationShutdown {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get()
  async list(): Promise<{ id: number }[]> {
    return (await this.pool.query('SELECT id, title FROM book')).rows;
  }

  /** The same by one query for each book: the log names the line of that query, and `n_plus_one_total` rises. */
  @Get('one-by-one')
  async listOneByOne(): Promise<unknown[]> {
    const find = (id: number) => this.pool.query('SELECT id, title FROM book WHERE id = $1', [id]);
    const found = await Promise.all((await this.list()).map(({ id }) => find(id)));
    return found.map(({ rows }) => rows[0] as unknown);
  }

  readonly onApplicationShutdown = (): Promise<void> => this.pool.end();
}

const pool = {
  provide: Pool, // A pool that is a provider is found by what it can do.
  inject: [Settings],
  useFactory: ({ databaseUrl: connectionString }: Settings) =>
    new Pool({ connectionString, onConnect: async (client) => void (await client.query(TABLE)) }), // oxlint-disable-line typescript/no-misused-promises -- pg awaits it
};

const metrics = HyperMetricsModule.forRootAsync({
  inject: [Settings],
  useFactory: ({ region }: Settings) => ({ defaultLabels: { region } }),
});

@Module({ imports: [SettingsModule, metrics], providers: [pool], controllers: [BooksController] })
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
}

void start();
