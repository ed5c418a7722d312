import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { exchangeRaw, getRequest } from '../support/raw-http.js';
import { configureMatrix, RequestMatrixModule } from '../support/request-matrix.module.js';

const lines = (...all: readonly string[]): string => all.join('\r\n');
const get = (path: string, ...headers: readonly string[]): string =>
  getRequest(path, ['Connection: close', ...headers]);
const post = (body: string, ...headers: readonly string[]): string =>
  lines('POST /api/items HTTP/1.1', 'Host: localhost', 'Connection: close', ...headers, '', body);

const PATHS = [
  '',
  '/7',
  '/abc',
  '/404',
  '/guarded',
  '/error',
  '/teapot',
  '/file',
  '/nothing',
  '/answered',
  '/hinted',
  '/by-hand',
  '/flushed',
  '/broken-file',
  '/%E0%A4%A',
].map((path) => `/api/items${path}`);

/** Everything that a connection can be sent and that is answered the same each time. */
const BYTES: readonly string[] = [
  ...PATHS.map((path) => get(path)),
  ...['/nothing', '/raw', '/graphql', '/assets/a', '/api/middleware/throws', '/api/middleware/answers'].map(
    (path) => get(path),
  ),
  get('/api/items', 'Accept-Encoding: gzip', 'If-None-Match: *'),
  get('/api/items/switched', 'Upgrade: other'),
  get('/api/items', 'Expect: the-unexpected'),
  lines('HEAD /api/items HTTP/1.1', 'Host: localhost', 'Connection: close', '', ''),
  lines('GET /api/items HTTP/1.0', '', ''),
  lines('GET /api/items HTTP/1.1', '', ''),
  lines('OPTIONS /api/items HTTP/1.1', 'Host: a', 'Origin: http://b', 'Connection: close', '', ''),
  post('{"a":1}', 'Content-Type: application/json', 'Content-Length: 7'),
  post('{"a":', 'Content-Type: application/json', 'Content-Length: 5'),
  post('{"a":1}', 'Content-Type: application/json', 'Content-Length: 7', 'Expect: 100-continue'),
  post('5\r\n{"a":\r\nnot-hex\r\n', 'Content-Type: application/json', 'Transfer-Encoding: chunked'),
  'not a request\r\n\r\n',
];

describe.each(PLATFORMS)('every answer on %s', (platform) => {
  let targets: readonly RunningApplication[];

  beforeAll(async () => {
    targets = [
      await startApplication(platform, RequestMatrixModule.plain(), configureMatrix),
      await startApplication(
        platform,
        RequestMatrixModule.with({ registry: new Registry() }),
        configureMatrix,
      ),
    ];
  });
  afterAll(async () => {
    await Promise.all(targets.map((target) => target.close()));
  });

  it.each(BYTES)('is the same with the module as without it: %j', async (bytes) => {
    const [plain, observed] = await Promise.all(
      targets.map(async ({ port }) =>
        withoutDate(await exchangeRaw(port, bytes, (received) => received.includes(' 101 '))),
      ),
    );
    expect(plain).not.toBe('');
    expect(observed).toBe(plain);
  });
});

function withoutDate(received: string): string {
  return received.replaceAll(/^date: .*$/gim, 'Date: normalised').replaceAll(/"timestamp":"[^"]*"/g, '');
}
