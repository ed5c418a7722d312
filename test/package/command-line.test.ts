import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import manifest from '../../package.json' with { type: 'json' };
import { HyperMetricsModule } from '../../src/index.js';
import { documentationBlocks } from '../support/documentation-blocks.js';
import { type RunningApplication, startApplication } from '../support/platforms.js';

const SCRIPT = fileURLToPath(new URL(`../../${manifest.bin['nestjs-hyper-metrics']}`, import.meta.url));

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a process of its own, as npx runs it. */
async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = tmpdir(),
): Promise<Outcome> {
  const child = spawn(process.execPath, [SCRIPT, ...args], { cwd, env: { ...process.env, ...environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout, stderr };
}

function makeFolder(): string {
  const path = mkdtempSync(`${tmpdir()}/hyper-metrics-command-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server that answers everything alike. */
async function startServer(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  });
  const port = await findFreePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}/metrics`;
}

describe('the command', () => {
  let shop: RunningApplication;
  let open: RunningApplication;

  beforeAll(async () => {
    const bearerToken = 'hunter2';
    const basicAuth = { username: 'prometheus', password: 'hunter3' };
    shop = await startApplication(
      'express',
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        prefix: 'shop_',
        endpoint: { bearerToken, basicAuth },
      }),
    );
    open = await startApplication('fastify', HyperMetricsModule.forRoot({ registry: new Registry() }));
  });

  afterAll(async () => {
    await shop?.close();
    await open?.close();
  });

  it('writes a dashboard and rules for what an application exports, from its first scrape on', async () => {
    const url = `${open.url}/metrics`;
    const dashboard = await run(['dashboard', '--url', url]);
    expect(dashboard).toMatchObject({ exitCode: 0, stderr: '' });
    const { panels } = JSON.parse(dashboard.stdout) as { panels: { type: string; title: string }[] };
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Overview',
      'Routes',
      'Process and event loop',
      'Scrapes',
    ]);

    const rules = await run(['rules', '--url', url, '--job', 'shop', '--docs', 'https://wiki.example']);
    expect(rules).toMatchObject({ exitCode: 0, stderr: '' });
    const { groups } = load(rules.stdout) as { groups: { name: string }[] };
    expect(groups.map(({ name }) => name)).toEqual(['instances', 'http', 'service', 'metrics']);
    expect(rules.stdout).toContain('up{job="shop"} == 0');
    expect(rules.stdout).toContain("runbook_url: 'https://wiki.example/alerts.md#serviceerrors'");
  });

  it('reads native histograms with --native-histograms only', async () => {
    for (const command of ['dashboard', 'rules']) {
      const args = [command, '--url', `${open.url}/metrics`];
      const native = await run([...args, '--native-histograms']);
      expect(native).toMatchObject({ exitCode: 0, stderr: '' });
      const readsNative = /rate\(hyperdjango_http_request_duration_seconds[{[]/;
      expect(readsNative.test(native.stdout)).toBe(true);
      expect(readsNative.test((await run(args)).stdout)).toBe(false);
    }
  });

  it('has every family without an address', async () => {
    const { stdout } = await run(['dashboard', '--prefix', 'myapp_']);
    expect(stdout).toContain('myapp_db_pool_in_use');
    expect(stdout).not.toContain('hyperdjango_');
  });

  it.each([
    ['a token', { HYPER_METRICS_TOKEN: 'hunter2' }, { authorization: { credentials_file: 'metrics-token' } }],
    [
      'a password',
      { HYPER_METRICS_BASIC_AUTH: 'prometheus:hunter3' },
      { basic_auth: { username: 'prometheus', password_file: 'metrics-password' } },
    ],
  ])('reads a protected endpoint with %s, and never writes it', async (_, environment, expected) => {
    const args = ['--prefix', 'shop_', '--url', `${shop.url}/metrics`];
    expect(await run(['rules', ...args], environment)).toMatchObject({ exitCode: 0, stderr: '' });

    const { stdout } = await run(['scrape-config', ...args], environment);
    expect(load(stdout)).toEqual({
      rule_files: ['rules.yml'],
      scrape_configs: [
        {
          job_name: 'nestjs',
          scheme: 'http',
          metrics_path: '/metrics',
          scrape_interval: '15s',
          ...expected,
          static_configs: [{ targets: [new URL(shop.url).host] }],
        },
      ],
    });
    expect(stdout).not.toContain('hunter');
  });

  it('writes a file, and another time only with --force', async () => {
    const path = `${makeFolder()}/rules.yml`;
    writeFileSync(path, 'mine');
    expect(await run(['rules', '--out', path])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${path} exists and was not changed; add --force to overwrite it.\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await run(['rules', '--out', path, '--force'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe((await run(['rules'])).stdout);
  });

  it('says why a file cannot be written', async () => {
    const folder = makeFolder();
    const fails = async (out: string, ...flags: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await run(['rules', '--out', out, ...flags]);
      expect([exitCode, stdout]).toEqual([1, '']);
      return stderr;
    };
    for (const flags of [[], ['--force']]) {
      expect(await fails(folder, ...flags)).toBe(`${folder} is a folder; name a file in it.\n`);
      expect(await fails(`${folder}/new/`, ...flags)).toMatch(
        /is a folder; name a file in it|there is no folder/,
      );
      expect(await fails(`${folder}/new/rules.yml`, ...flags)).toBe(
        `${folder}/new/rules.yml cannot be written, for there is no folder ${folder}/new; create it first.\n`,
      );
    }
    writeFileSync(`${folder}/file`, '');
    expect(await fails(`${folder}/file/rules.yml`)).toBe(
      `${folder}/file/rules.yml cannot be written (ENOTDIR).\n`,
    );
  });

  it('leaves no part of a file that the disk has no room for', async () => {
    const path = `${makeFolder()}/rules.yml`;
    // The limit on the size of files fails in the middle of the text, as a full disk does.
    const shell = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, SCRIPT, 'rules', '--out', path];
    const child = spawn('sh', shell);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    await once(child, 'close');
    expect([child.exitCode, stderr]).toEqual([1, `${path} cannot be written (EFBIG).\n`]);
    expect(existsSync(path)).toBe(false);
  });

  it('writes a scrape configuration with the query of the address', async () => {
    const { stdout } = await run(['scrape-config', '--url', `${open.url}/metrics?tenant=shop`]);
    const { scrape_configs: jobs } = load(stdout) as { scrape_configs: unknown[] };
    expect(jobs).toEqual([
      expect.objectContaining({ metrics_path: '/metrics', params: { tenant: ['shop'] } }),
    ]);
  });

  it('does what the pages show', async () => {
    const lines = documentationBlocks()
      .filter(({ language, code }) => language === 'sh' && code.includes('npx nestjs-hyper-metrics'))
      .flatMap(({ code }) => code.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(3);
    const cwd = makeFolder();
    for (const line of lines) {
      const args = line.replace('http://localhost:3000', open.url).split(' ').slice(2);
      expect(await run([...args, '--force'], {}, cwd)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    }
    expect(
      ['dashboard.json', 'rules.yml', 'prometheus.yml'].every((name) => existsSync(`${cwd}/${name}`)),
    ).toBe(true);
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await run(['--help']);
    expect(exitCode).toBe(0);
    for (const word of [
      'dashboard',
      'rules',
      'scrape-config',
      '--url',
      '--prefix',
      '--job',
      '--out',
      '--force',
      '--docs',
      '--native-histograms',
      'HYPER_METRICS_TOKEN',
      'HYPER_METRICS_BASIC_AUTH',
      'Exit codes',
    ])
      expect(stdout).toContain(word);
  });

  it.each([
    [[], 'A command is missing.'],
    [['dashbord'], 'Unknown command "dashbord".'],
    [['rules', 'more'], 'Unexpected argument "more".'],
    [['rules', '--prefx', 'a_'], "Unknown option '--prefx'."],
    [
      ['rules', '--prefix', 'shop'],
      '--prefix is "shop"; allowed: a legal metric name that ends in "_", such as shop_.',
    ],
    [['rules', '--out'], "Option '--out <value>' argument missing."],
    [['rules', '--job', ''], '--job is empty.'],
    ...['', 'docs', 'javascript:alert(1)'].map((docs): [string[], string] => [
      ['dashboard', '--docs', docs],
      docs === ''
        ? '--docs is empty.'
        : `--docs is "${docs}"; allowed: an http or https address, such as https://wiki.example/metrics.`,
    ]),
    [
      ['rules', '--url', 'localhost:3000'],
      '--url is "localhost:3000"; allowed: an http or https address, such as http://localhost:3000/metrics.',
    ],
    [
      ['rules', '--url', 'http://a:b@localhost/metrics'],
      '--url has a password, which other users of the machine can see; set HYPER_METRICS_BASIC_AUTH instead.',
    ],
  ])('refuses %j with what is wrong, in one line', async (args, problem) => {
    expect(await run(args)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `${problem} Commands: dashboard, rules, scrape-config; see --help.\n`,
    });
  });

  it('says that nobody answers', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}/metrics`;
    expect(await run(['rules', '--url', url])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${url} does not answer (ECONNREFUSED). Is the application running, and is this its address?\n`,
    });
  });

  it('says that fetch() refuses a port', async () => {
    expect(await run(['rules', '--url', 'http://127.0.0.1:6000/metrics'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^http:\/\/127.0.0.1:6000\/metrics has a port that Node.js sends no requests to/,
      ),
    });
  });

  it('says what an endpoint wants that refuses', async () => {
    const url = `${shop.url}/metrics`;
    const { exitCode, stderr } = await run(['rules', '--url', url]);
    expect([exitCode, stderr]).toEqual([
      1,
      `${url} answered 401: set HYPER_METRICS_TOKEN to the token of endpoint.bearerToken, or HYPER_METRICS_BASIC_AUTH to user:password.\n`,
    ]);
    expect((await run(['rules', '--url', `${open.url}/nowhere`])).stderr).toContain(
      'answered 404: use the path of the option path',
    );
    expect((await run(['rules', '--url', await startServer(500, '')])).stderr).toMatch(/answered 500\.\n$/);
  });

  it('says that an answer broke off, or cannot be read', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/gzip') {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
      } else {
        response.writeHead(200, { 'content-length': '1000' }).write('# HELP');
        setTimeout(() => request.socket.destroy(), 100);
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (const path of ['gzip', 'half']) {
      const { exitCode, stdout, stderr } = await run([
        'rules',
        '--url',
        `http://127.0.0.1:${port}/${path}?token=secret`,
      ]);
      expect([exitCode, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        new RegExp(
          `^http://127.0.0.1:${port}/${path} answered, and broke off \\([^()]+\\)\\. Try again\\.\n$`,
        ),
      );
    }
  });

  it('says that an address redirects in a circle, and follows other redirects', async () => {
    const server = createServer(({ url: path }, response) => {
      response.writeHead(302, { location: path === '/once' ? `${open.url}/metrics` : '/circle' }).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    expect(await run(['rules', '--url', `${url}/circle?token=secret`])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${url}/circle redirects again and again, as in a circle. Use the address that answers with the metrics.\n`,
    });
    expect(await run(['rules', '--url', `${url}/once`])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each(['hunter3', ':hunter3', 'prometheus:'])(
    'refuses credentials without a user, a colon or a password: %s',
    async (pair) => {
      for (const command of ['rules', 'scrape-config']) {
        const environment = { HYPER_METRICS_BASIC_AUTH: pair };
        expect(await run([command, '--url', `${open.url}/metrics`], environment)).toEqual({
          exitCode: 2,
          stdout: '',
          stderr: 'HYPER_METRICS_BASIC_AUTH has no user, no ":" or no password; set it to user:password.\n',
        });
      }
    },
  );

  it('reads OpenMetrics as well as the text format', async () => {
    const text = '# TYPE hyperdjango_uptime_seconds gauge\nhyperdjango_uptime_seconds 5\n';
    const counter = (name: string): string => `# TYPE ${name} counter\nhyperdjango_http_requests_total 1\n`;
    const plain = await startServer(200, text + counter('hyperdjango_http_requests_total'));
    const openMetrics = await startServer(200, `${text}${counter('hyperdjango_http_requests')}# EOF\n`);
    const { stdout } = await run(['rules', '--url', openMetrics]);
    expect(stdout).toContain('alert: ServiceErrors');
    expect(stdout).toBe((await run(['rules', '--url', plain])).stdout);
  });

  it('shows no token that a header cannot have', async () => {
    const outcome = await run(['rules', '--url', 'http://127.0.0.1:9/metrics'], {
      HYPER_METRICS_TOKEN: 'sec\nret',
    });
    expect(outcome).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'HYPER_METRICS_TOKEN has a character that a header cannot have, such as a line end.\n',
    });
  });

  it('ends quietly when the reader of a pipe has enough', async () => {
    const child = spawn('sh', ['-c', '"$0" "$1" dashboard | head -c 1', process.execPath, SCRIPT]);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    await once(child, 'close');
    expect(stderr).toBe('');
  });

  it('says that standard output cannot be written', async () => {
    const file = openSync(SCRIPT, 'r');
    const child = spawn(process.execPath, [SCRIPT, 'rules'], { stdio: ['ignore', file, 'pipe'] });
    closeSync(file);
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
    await once(child, 'close');
    expect({ exitCode: child.exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^Standard output cannot be written \(E[A-Z]+\)\.\n$/) as unknown,
    });
  });

  it('says that an address has no metrics, or none of this library', async () => {
    const page = await startServer(200, '<!doctype html><title>Shop</title>');
    expect(await run(['rules', '--url', `${page}?token=secret`])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${page}: This is no exposition of metrics: no line begins with "# TYPE". It begins with "<!doctype html><title>Shop</title>".\n`,
    });
    const others = await startServer(200, '# TYPE up gauge\nup 1\n');
    expect((await run(['rules', '--url', others])).stderr).toBe(
      `${others}: The exposition has no metrics of nestjs-hyper-metrics.\n`,
    );
  });

  it('takes the prefix that there is, and says which, where it is another than the one given', async () => {
    const url = `${shop.url}/metrics`;
    const environment = { HYPER_METRICS_TOKEN: 'hunter2' };
    const found = await run(['rules', '--url', url], environment);
    expect(found).toMatchObject({ exitCode: 0, stderr: '' });
    expect(found).toEqual(await run(['rules', '--url', url, '--prefix', 'shop_'], environment));
    expect(found.stdout).toContain('shop_http_requests_total');
    expect(await run(['rules', '--url', url, '--prefix', 'hyperdjango_'], environment)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${url}: The exposition has no metrics with the prefix hyperdjango_, but with shop_. Set the prefix (--prefix shop_).\n`,
    });
  });
});
