import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { FailingServer, refusingHost } from '../support/failing-server.js';
import { OUTGOING_CLIENTS, type OutgoingClient, type SentRequest } from '../support/outgoing-clients.js';
import { OutgoingRecording } from '../support/outgoing-recording.js';

const TIMEOUT_MS = 60;
const PATIENCE = { timeoutMs: 60_000, intervalMs: 2 };

interface Case {
  readonly path: string;
  /** GET by default. */
  readonly method?: string;
  readonly body?: string;
  /** What the client itself does, once the server has the request. */
  readonly act?: 'abort' | 'timeout';
  /** The status of each request; `redirected` where the client follows redirects. */
  readonly status: string;
  readonly redirected?: string;
  /** The error code, by the implementation of HTTP. */
  readonly code?: { readonly node: string; readonly undici: string | readonly string[] };
}

const titleOf = ({ method = 'GET', path, act, status }: Case): string =>
  `${method} ${path}${act === undefined ? '' : ` with ${act}`} as ${status}`;
const both = (code: string) => ({ node: code, undici: code });

/**
 * The codes of undici's parser for what is no HTTP: not every version of it names a reason. Node's `fetch` and the package
 * share the dispatcher of the one that the process has used first.
 */
const GARBAGE_OF_UNDICI = ['HPE_INVALID_CONSTANT', 'UND_ERR_HTTP_PARSER'];

const CASES: readonly Case[] = [
  { path: '/ok', status: '200' },
  { path: '/ok?page=2', status: '200' },
  { path: '/created', method: 'POST', body: 'a book', status: '201' },
  { path: '/empty', method: 'DELETE', status: '204' },
  { path: '/ok', method: 'HEAD', status: '200' },
  { path: '/missing', status: '404' },
  { path: '/broken', method: 'PUT', body: 'a book', status: '500' },
  { path: '/hints', status: '200' },
  { path: '/slow', status: '200' },
  { path: '/large', status: '200' },
  { path: '/redirect', status: '302', redirected: '200' },
  { path: '/hang-up', status: 'error', code: { node: 'ECONNRESET', undici: 'UND_ERR_SOCKET' } },
  { path: '/reset', status: 'error', code: both('ECONNRESET') },
  { path: '/break-off', status: 'error', code: { node: 'ECONNRESET', undici: 'UND_ERR_SOCKET' } },
  { path: '/garbage', status: 'error', code: { node: 'HPE_INVALID_CONSTANT', undici: GARBAGE_OF_UNDICI } },
  { path: '/never', act: 'abort', status: 'aborted', code: both('ABORT_ERR') },
  { path: '/half', act: 'abort', status: 'aborted', code: both('ABORT_ERR') },
  { path: '/never', act: 'timeout', status: 'error', code: both('ETIMEDOUT') },
];

describe.each(OUTGOING_CLIENTS)('requests of $name', (client) => {
  let server: FailingServer;
  let recording: OutgoingRecording;
  beforeAll(async () => {
    server = await FailingServer.start();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    recording = new OutgoingRecording();
  });
  afterEach(() => recording.stop());

  it.each(CASES.map((row) => [titleOf(row), row] as const))('count %s', async (_, row) => {
    const { method = 'GET', status, redirected, code } = row;
    await perform(client, server, row);
    const expected: Record<string, number> = { [`${method} ${server.host} ${status}`]: 1 };
    if (redirected !== undefined && client.followsRedirects) {
      expected[`${method} ${server.host} ${redirected}`] = 1;
    }
    await expect.poll(() => recording.requests()).toEqual(expected);
    const codes = [codeOf(client, row) ?? []].flat();
    const errors = await recording.errors();
    expect(code === undefined ? [{}] : codes.map((one) => ({ [`${server.host} ${one}`]: 1 }))).toContainEqual(
      errors,
    );
    expect(recording.warnings).toEqual([]);
  });

  it('count a refused connection as an error', async () => {
    const host = await refusingHost();
    await settled(client.send({ method: 'GET', url: `http://${host}/ok` }));
    expect(await recording.requests()).toEqual({ [`GET ${host} error`]: 1 });
    expect(await recording.errors()).toEqual({ [`${host} ECONNREFUSED`]: 1 });
  });

  it('count an unknown host as an error', async () => {
    await settled(client.send({ method: 'GET', url: 'http://no-such-host.invalid/ok' }));
    expect(await recording.requests()).toEqual({ 'GET no-such-host.invalid error': 1 });
    const [code] = Object.keys(await recording.errors());
    expect(code).toMatch(/^no-such-host\.invalid (ENOTFOUND|EAI_AGAIN)$/);
  });

  it('count each of many at the same time once, in whatever order they end', async () => {
    const paths = ['/ok', '/slow', '/missing', '/hang-up', '/break-off'];
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.send({ method: 'GET', url: server.url + paths[index % paths.length] }).catch(() => {}),
      ),
    );
    await expect
      .poll(() => recording.requests())
      .toEqual({
        [`GET ${server.host} 200`]: 20,
        [`GET ${server.host} 404`]: 10,
        [`GET ${server.host} error`]: 20,
      });
  });
});

function codeOf(
  { transport, timeoutCode }: OutgoingClient,
  { act, code }: Case,
): string | readonly string[] | undefined {
  return (act === 'timeout' ? timeoutCode : undefined) ?? code?.[transport];
}

/** Sends the request of a case, and waits for its end. */
async function perform(client: OutgoingClient, server: FailingServer, row: Case): Promise<void> {
  const { path, method = 'GET', body, act, code } = row;
  const abort = new AbortController();
  const request: SentRequest = {
    method,
    url: server.url + path,
    ...(body !== undefined && { body }),
    ...(act === 'abort' && { signal: abort.signal }),
    ...(act === 'timeout' && { timeoutMs: TIMEOUT_MS }),
  };
  const visits = server.visitsOf(path);
  const sent = client.send(request);
  void settled(sent);
  if (act === 'abort') {
    await poll(() => server.visitsOf(path) > visits, PATIENCE);
    abort.abort();
  }
  await (code === undefined ? sent : settled(sent));
}

/** Waits for a request that may fail. */
const settled = (sent: Promise<unknown>): Promise<unknown> => sent.catch(() => {});
