import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AccessControl } from '../../../../src/endpoint/access/access-control.js';
import { DEFAULT_ENDPOINT_OPTIONS } from '../../../../src/options/default-options.js';
import type { ResolvedEndpointOptions } from '../../../../src/options/resolved-options.js';

const BEARER = 'Bearer realm="metrics"';
const BASIC = 'Basic realm="metrics", charset="UTF-8"';
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

function setUp(options: Partial<ResolvedEndpointOptions>) {
  const unusable: [string, string][] = [];
  const access = new AccessControl({ ...DEFAULT_ENDPOINT_OPTIONS, ...options }, (...told) => {
    unusable.push(told);
  });
  const refusalOf = (authorization?: string, remoteAddress = '127.0.0.1', headers: object = {}) =>
    access.refusalOf({
      headers: { authorization, ...headers },
      socket: { remoteAddress },
    } as unknown as IncomingMessage);
  return {
    refusalOf,
    statusOf: (...request: Parameters<typeof refusalOf>) => refusalOf(...request)?.status ?? 200,
    unusable,
  };
}

describe('access without options', () => {
  it('is for everybody, with credentials or without', () => {
    const { statusOf } = setUp({});
    expect([statusOf(), statusOf('Bearer x'), statusOf(undefined, '203.0.113.9')]).toEqual([200, 200, 200]);
  });
});

describe('access by a function that is not what it should be', () => {
  it('is for nobody, and a promise of it that rejects is nobody’s', async () => {
    const rejected: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejected.push(reason);
    process.on('unhandledRejection', onRejection);
    try {
      const sealed = async (): Promise<never> => Promise.reject(new Error('the vault is sealed'));
      const { statusOf, unusable } = setUp({ bearerToken: sealed as never });
      expect(statusOf('Bearer x')).toBe(401);
      await new Promise(setImmediate);
      expect(rejected).toEqual([]);
      expect(unusable).toHaveLength(1);
    } finally {
      process.off('unhandledRejection', onRejection);
    }
  });

  it('is for nobody when what it throws cannot be read', () => {
    const evil = new Proxy(new Error('hidden'), {
      get() {
        throw new Error('not you');
      },
    });
    const { statusOf, unusable } = setUp({
      bearerToken: () => {
        throw evil;
      },
    });
    expect(statusOf('Bearer x')).toBe(401);
    expect(unusable).toEqual([['endpoint.bearerToken', 'it threw an unreadable value']]);
  });
});

describe('access by a bearer token', () => {
  const TOKEN = 'correct-horse-battery-staple';

  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER  ${TOKEN}`])('is for %j', (authorization) => {
    expect(setUp({ bearerToken: TOKEN }).statusOf(authorization)).toBe(200);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'x'.repeat(8000)}`,
    `Bearer${TOKEN}`,
    TOKEN,
    `Token ${TOKEN}`,
    basic(`:${TOKEN}`),
    basic(`${TOKEN}:`),
    'Bearer \u00e9',
  ])('is not for %j, who is asked for one', (authorization) => {
    const { refusalOf } = setUp({ bearerToken: TOKEN });
    expect(refusalOf(authorization)).toEqual({
      status: 401,
      text: 'The metrics require credentials.',
      headers: { 'WWW-Authenticate': [BEARER] },
    });
  });

  it('takes each of several', () => {
    const { statusOf } = setUp({ bearerToken: ['old', 'new'] });
    expect(['old', 'new', 'oldnew', 'old,new'].map((token) => statusOf(`Bearer ${token}`))).toEqual([
      200, 200, 401, 401,
    ]);
  });

  it('changes with what a function returns', () => {
    let tokens: string | string[] = 'old';
    const { statusOf } = setUp({ bearerToken: () => tokens });
    const statuses = () => ['old', 'new'].map((token) => statusOf(`Bearer ${token}`));
    expect(statuses()).toEqual([200, 401]);
    tokens = ['old', 'new'];
    expect(statuses()).toEqual([200, 200]);
    tokens = 'new';
    expect(statuses()).toEqual([401, 200]);
  });

  it.each([
    ['undefined', () => undefined, 'it returned no usable secret'],
    ['an empty text', () => '', 'it returned no usable secret'],
    ['an empty list', () => [], 'it returned no usable secret'],
    ['a list of nothing', () => [undefined, null, ''], 'it returned no usable secret'],
    ['a token with a line break', () => 'token\n', 'it returned no usable secret'],
    ['a promise', () => Promise.resolve('token'), 'it returned no usable secret'],
    [
      'an error that quotes the token',
      () => {
        throw Object.assign(new Error('token is wrong'), { code: 'ENOENT' });
      },
      'it threw Error (ENOENT)',
    ],
    [
      'an error whose name and code are the token',
      () => {
        throw Object.assign(new TypeError('token'), { name: 'token', code: 'token' });
      },
      'it threw TypeError',
    ],
    [
      'an error of a class of its own, with a code that looks like one of the system',
      () => {
        throw Object.assign(new (class token extends Error {})(), { code: 'ETOKEN' });
      },
      'it threw Error',
    ],
    [
      'a thrown text',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error
        throw 'token';
      },
      'it threw a value of type string',
    ],
  ])('is for nobody when the function gives %s, which is told without it', (_, bearerToken, reason) => {
    const { statusOf, unusable } = setUp({ bearerToken: bearerToken as () => string });
    expect(['token', 'token\n', 'undefined', ''].map((token) => statusOf(`Bearer ${token}`))).toEqual([
      401, 401, 401, 401,
    ]);
    expect(new Set(unusable.map((told) => told.join(': ')))).toEqual(
      new Set([`endpoint.bearerToken: ${reason}`]),
    );
  });

  it('uses what a function has besides things that cannot be used', () => {
    const { statusOf, unusable } = setUp({ bearerToken: () => ['new', undefined as unknown as string] });
    expect([statusOf('Bearer new'), statusOf('Bearer undefined'), unusable]).toEqual([200, 401, []]);
  });

  it('asks the function only when somebody gives a token', () => {
    let calls = 0;
    const { statusOf } = setUp({
      bearerToken: () => {
        calls += 1;
        return 'token';
      },
    });
    expect([statusOf(), statusOf(basic('a:b')), calls]).toEqual([401, 401, 0]);
  });
});

describe('access by user and password', () => {
  const basicAuth = { username: 'prometheus', password: 'häns:el' };

  it('is for both of them', () => {
    const { statusOf } = setUp({ basicAuth });
    expect(statusOf(basic('prometheus:häns:el'))).toBe(200);
    expect(statusOf(basic('prometheus:häns:el').replace('Basic', 'bAsIc'))).toBe(200);
  });

  it.each([
    undefined,
    'Basic',
    basic('prometheus:häns:e'),
    basic('prometheus:'),
    basic('prometheus'),
    basic(':häns:el'),
    basic('Prometheus:häns:el'),
    basic('prometheus:häns:el\n'),
    `Basic ${Buffer.from('prometheus:häns:el', 'latin1').toString('base64')}`,
    `${basic('prometheus:häns:el')}!`,
    basic('prometheus:häns:el').slice(0, -4),
    'Bearer häns:el',
  ])('is not for %j', (authorization) => {
    expect(setUp({ basicAuth }).refusalOf(authorization)).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': [BASIC] },
    });
  });

  it.each<[Partial<ResolvedEndpointOptions>, boolean]>([
    [{ bearerToken: 'token', page: { historyMinutes: 15 } }, true],
    [{ bearerToken: 'token', basicAuth, page: { historyMinutes: 15 } }, false],
    [{ basicAuth, page: { historyMinutes: 15 } }, false],
    [{ bearerToken: 'token' }, false],
  ])('the answer says what a browser needs if there is a page and a token alone: %j', (options, isSaid) => {
    expect(setUp(options).refusalOf()?.text).toBe(
      'The metrics require credentials.' +
        (isSaid
          ? ' Browsers cannot send a bearer token: to open the live page, set endpoint.basicAuth too.'
          : ''),
    );
  });

  it('takes each of several passwords, and those of a function', () => {
    const several = setUp({ basicAuth: { username: 'p', password: ['old', 'new'] } });
    const called = setUp({ basicAuth: { username: 'p', password: () => ['old', 'new'] } });
    for (const { statusOf } of [several, called]) {
      expect(['old', 'new', 'x'].map((password) => statusOf(basic(`p:${password}`)))).toEqual([
        200, 200, 401,
      ]);
    }
  });

  it('or by a token: either will do, and both are asked for', () => {
    const { statusOf, refusalOf } = setUp({ basicAuth, bearerToken: 'token' });
    expect([statusOf('Bearer token'), statusOf(basic('prometheus:häns:el'))]).toEqual([200, 200]);
    expect(refusalOf()?.headers).toEqual({ 'WWW-Authenticate': [BEARER, BASIC] });
  });
});

describe('access by address', () => {
  it('is refused with 403, with right credentials too', () => {
    const { refusalOf, statusOf } = setUp({ allowIps: ['10.0.0.0/8'], bearerToken: 'token' });
    expect(refusalOf('Bearer token', '11.0.0.1')).toEqual({
      status: 403,
      text: 'This address may not read the metrics.',
      headers: {},
    });
    expect([statusOf('Bearer token', '10.0.0.1'), statusOf(undefined, '10.0.0.1')]).toEqual([200, 401]);
  });

  it('does not believe headers', () => {
    const { statusOf } = setUp({ allowIps: ['10.0.0.1'] });
    const headers = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1', 'x-real-ip': '10.0.0.1' };
    expect(statusOf(undefined, '203.0.113.9', headers)).toBe(403);
  });
});
