import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { takesCallback } from '../../../../src/database/pg/query-of-pg.js';

type Query = Parameters<typeof takesCallback>[0];

const pgs = Client.prototype.query as unknown as Query;
const wrap = (query: Query): Query =>
  Object.assign((...args: unknown[]) => query(...args), { __original: query });
const patch =
  (query: Query): Query =>
  async (...args) =>
    await query(...args);

class Subclass extends Client {}

it.each<[string, unknown]>([
  ['of pg', pgs],
  ['of a subclass without one', Subclass.prototype.query],
  ['of pg, instrumented', wrap(pgs)],
  ['of pg, instrumented twice', wrap(wrap(pgs))],
  [
    'of another pg, minified',
    runInNewContext(
      '(class{query(e,t,r){return this._queryQueue.push(e),this._pulseQueryQueue(),r}}).prototype.query',
    ),
  ],
])('knows that the query %s takes callbacks', (_whose, query) => {
  expect(takesCallback(query as Query)).toBe(true);
});

it.each<[string, unknown]>([
  ['of an application', patch(pgs)],
  ['of an application, instrumented', wrap(patch(pgs))],
  ['of an application that is bound', pgs.bind({})],
  ['that is native code', Math.max],
])('takes none for granted of the query %s', (_whose, query) => {
  expect(takesCallback(query as Query)).toBe(false);
});

it('knows the query of pg-native', () => {
  const require = createRequire(import.meta.url);
  const code = readFileSync(require.resolve('pg/lib/native/client'), 'utf8');
  const query = /Client\.prototype\.query = (function \(config, values, callback\) \{[^]*?\n\})/.exec(
    code,
  )?.[1];
  expect(takesCallback(runInNewContext(`(${query})`) as Query)).toBe(true);
});
