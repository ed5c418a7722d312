import { runnerImport } from 'vite';
import pg from 'pg';
const m = async (n) => (await runnerImport('/tmp/wt/twin/test/support/' + n + '.ts')).module;
const { startPostgres } = await m('postgres'); const { startDebianPostgres } = await m('debian-postgres');
const { TwinDatabase } = await m('twins/databases'); const { MEANINGS } = await m('twins/meanings');
const s = process.argv[2] ? await startDebianPostgres(15) : await startPostgres();
try {
const db = await TwinDatabase.create(s.url, 'hm_m');
let n = 0, bad = 0;
for (const [g, list] of Object.entries(MEANINGS)) for (const { name, lines } of list) {
  await db.reset(); n++;
  const a = new pg.Client({ connectionString: db.url, options: '-c timezone=UTC' }), b = new pg.Client({ connectionString: db.url });
  await a.connect(); await b.connect();
  const ask = (c, t, v) => c.query(t, v).then(r => r.rows ?? r, e => e.code + ' ' + e.message);
  const log = [];
  for (const [i, l] of lines.entries()) {
    if (typeof l === 'string') { const r = await ask(a, l); if (typeof r === 'string' && !/1 \/ 0|children|^COMMIT|PREPARE TRANS/.test(l)) log.push(`${i} ${l}: ${r}`); }
    else if ('elsewhere' in l) { const r = await ask(b, l.elsewhere); if (typeof r === 'string') log.push(`${i} elsewhere ${l.elsewhere}: ${r}`);}
    else { const r = await ask(a, l[0], [...l[1]]); const c = typeof r === 'string' ? r.slice(0,5) : r; if (l[2] === undefined ? typeof r === 'string' : JSON.stringify(c) !== JSON.stringify(l[2])) log.push(`${i} ${l[0]}: ${JSON.stringify(r)} not ${JSON.stringify(l[2])}`); }
  }
  await a.end(); await b.end();
  if (log.length) { bad++; console.log(`## ${g}: ${name}\n   ${log.slice(0,3).join('\n   ')}`); }
}
console.log(n, bad);
await db.drop();
} finally { await s.stop(); }
