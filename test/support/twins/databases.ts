import { Client, escapeIdentifier } from 'pg';

/** Roles that steps become; each has a schema of its name, for `"$user"`. */
export const ROLES = ['hm_twin_a', 'hm_twin_b'] as const;

/** What one schema has: the names are the same in all, types and contents are not. */
interface SchemaContents {
  readonly name: string;
  readonly total: string;
  readonly n: string;
  readonly at: string;
  readonly moods: string;
  readonly base: number;
}

const SCHEMAS: readonly SchemaContents[] = [
  { name: 'public', total: 'int', n: 'int', at: 'timestamptz', moods: "'sad', 'happy'", base: 0 },
  { name: 't1', total: 'int', n: 'bigint', at: 'timestamp', moods: "'sad', 'happy', 'mad'", base: 100 },
  { name: 't2', total: 'bigint', n: 'int', at: 'timestamptz', moods: "'happy', 'sad'", base: 200 },
  { name: ROLES[0], total: 'numeric', n: 'numeric', at: 'date', moods: "'mad', 'happy'", base: 300 },
  { name: ROLES[1], total: 'text', n: 'text', at: 'text', moods: "'happy', 'mad', 'sad'", base: 400 },
];

const contentsOf = ({ name, total, n, at, moods, base }: SchemaContents): string => `
  CREATE SCHEMA ${name};
  CREATE TABLE ${name}.orders (id int PRIMARY KEY, total ${total}, note text DEFAULT '${name}');
  INSERT INTO ${name}.orders SELECT id, (${base} + id)::${total} FROM generate_series(1, 4) id;
  CREATE TABLE ${name}.stock (id int PRIMARY KEY, n ${n});
  INSERT INTO ${name}.stock SELECT id, (${base} + id * 10)::${n} FROM generate_series(1, 4) id;
  CREATE TABLE ${name}.events (id int, at ${at});
  INSERT INTO ${name}.events VALUES (1, '2026-01-01 06:00'), (2, '2026-01-01 12:00'), (3, '2026-01-02 06:00');
  CREATE VIEW ${name}.recent AS SELECT id, note, ${base} AS base FROM ${name}.orders;
  CREATE FUNCTION ${name}.price(x int) RETURNS ${total} LANGUAGE sql AS 'SELECT ($1 + ${base})::${total}';
  CREATE TYPE ${name}.mood AS ENUM (${moods});
  CREATE DOMAIN ${name}.amount AS ${total} CHECK (VALUE IS DISTINCT FROM (${base} + 5)::${total});
  CREATE SEQUENCE ${name}.ids START ${base + 1};
  CREATE FUNCTION ${name}.plus(x int, y int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2 + ${base}';
  CREATE OPERATOR ${name}.<+> (LEFTARG = int, RIGHTARG = int, FUNCTION = ${name}.plus);
  GRANT ALL ON SCHEMA ${name} TO ${ROLES.join()};
  GRANT ALL ON ALL TABLES IN SCHEMA ${name} TO ${ROLES.join()};
  GRANT ALL ON ALL SEQUENCES IN SCHEMA ${name} TO ${ROLES.join()};`;

/** Objects that are named with their schema, among them functions that change a session. */
const TOOLS = `
  CREATE SCHEMA tools;
  GRANT USAGE ON SCHEMA tools TO ${ROLES.join()};
  CREATE TABLE tools.guarded (id int, tenant text);
  INSERT INTO tools.guarded VALUES (1, 'a'), (2, 'b'), (3, 'a');
  ALTER TABLE tools.guarded ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON tools.guarded USING (tenant = current_setting('app.tenant', true));
  CREATE TABLE tools.parents (id int PRIMARY KEY);
  CREATE TABLE tools.children (id int REFERENCES tools.parents DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE tools.noisy (path text);
  CREATE FUNCTION tools.use_path(path text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RETURN set_config('search_path', path, false); END $$;
  CREATE FUNCTION tools.use_local_path(path text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RETURN set_config('search_path', path, true); END $$;
  CREATE FUNCTION tools.use_role(role text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RETURN set_config('role', role, false); END $$;
  CREATE FUNCTION tools.with_own_path() RETURNS text LANGUAGE plpgsql SET search_path = t2 AS
    $$ BEGIN RETURN (SELECT sum(total) FROM orders); END $$;
  CREATE FUNCTION tools.run(statement text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE statement; RETURN 1; END $$;
  CREATE PROCEDURE tools.use_path_of(path text) LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('search_path', path, false); END $$;
  CREATE FUNCTION tools.follow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('search_path', NEW.path, false); RETURN NEW; END $$;
  CREATE TRIGGER follow BEFORE INSERT ON tools.noisy FOR EACH ROW EXECUTE FUNCTION tools.follow();
  CREATE VIEW tools.setting AS SELECT set_config('search_path', 't2', false) AS path;
  GRANT ALL ON ALL TABLES IN SCHEMA tools TO ${ROLES.join()};`;

/** The connections of a sequence may not have ended yet. */
const PATIENTLY = 'ROLLBACK; SET LOCAL lock_timeout = 10000;';

const RESET = `
  ${PATIENTLY}
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
  END $$;
  ${SCHEMAS.map(contentsOf).join('')}
  ${TOOLS}`;

const CONTENTS = `
  SELECT quote_ident(nspname) || '.' || quote_ident(relname) AS name
  FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema)' ORDER BY 1`;

/** Waiting for another connection's lock is an error at once: steps follow each other, so that none would go away. */
const LOCK_TIMEOUT = '-c lock_timeout=15';

/** One of the two databases, and a connection to it that no cache has hooked. */
export class TwinDatabase {
  private constructor(
    readonly url: string,
    private readonly name: string,
    private readonly serverUrl: string,
    readonly foreign: Client,
  ) {}

  static async create(serverUrl: string, name: string): Promise<TwinDatabase> {
    await onServer(serverUrl, [
      `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`,
      `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0`,
      ...ROLES.map(
        (role) => `DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
      ),
    ]);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    url.searchParams.set('options', LOCK_TIMEOUT);
    const foreign = new Client({ connectionString: url.href }).on('error', () => {});
    await foreign.connect();
    return new TwinDatabase(url.href, name, serverUrl, foreign);
  }

  /** Everything as it was in the beginning. */
  async reset(): Promise<void> {
    await this.foreign.query(RESET);
  }

  /** Rows of every table, as text. */
  async contents(): Promise<Record<string, unknown>> {
    await this.foreign.query('ROLLBACK');
    const { rows } = await this.foreign.query<{ name: string }>(CONTENTS);
    const texts = rows.map(({ name }) => `SELECT t::text FROM ${name} t ORDER BY 1`).join(';');
    const results = [await this.foreign.query<{ t: string }>(`${PATIENTLY}${texts}`)].flat().slice(2);
    return Object.fromEntries(
      rows.map(({ name }, index) => [name, results[index]?.rows.map(({ t }) => t)] as const),
    );
  }

  async drop(): Promise<void> {
    await this.foreign.end();
    await onServer(this.serverUrl, [`DROP DATABASE ${escapeIdentifier(this.name)} WITH (FORCE)`]);
  }
}

async function onServer(url: string, texts: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const text of texts) {
      await client.query(text);
    }
  } finally {
    await client.end();
  }
}
