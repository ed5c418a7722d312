import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type ExpressRequest, ExpressRoutes } from '../../../src/http/express-routes.adapter.js';

const require = createRequire(import.meta.url);

type Next = (error?: unknown) => void;
type Handler = (request: IncomingMessage, response: ServerResponse, next: Next) => void;
type ErrorHandler = (error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) => void;
type Path = string | RegExp | readonly (string | RegExp)[];

interface Router extends Handler {
  use(path: Path, ...handlers: (Handler | ErrorHandler)[]): Router;
  use(...handlers: (Handler | ErrorHandler)[]): Router;
  get(path: Path, ...handlers: Handler[]): Router;
}

const ROUTERS: readonly (readonly [string, () => Router])[] = [
  ['router 2.3', createRequire(require.resolve('express'))('router')],
  ['router 2.2', require('router-2.2')],
];

const answer: Handler = (_request, response) => void response.end('answer');
const passOn: Handler = (_request, _response, next) => next();
const fail: Handler = (_request, _response, next) => next(new Error('on purpose'));
const onError: ErrorHandler = (_error, _request, response, _next) => {
  response.statusCode = 500;
  response.end('error');
};

describe.each(ROUTERS)('The label of a request by %s', (version, createRouter) => {
  const keepsTemplates = version === 'router 2.3';

  /** The labels of requests to these paths, one after the other. */
  async function labels(build: (router: Router) => void, ...paths: readonly string[]): Promise<unknown[]> {
    const router = createRouter();
    router.use(passOn);
    build(router);
    const routes = new ExpressRoutes({ router });
    const found: unknown[] = [];
    const server = createServer((request, response) => {
      response.on('close', () =>
        found.push(routes.labelOf(request as ExpressRequest, response.statusCode, '')),
      );
      router(request, response, (error) => {
        response.statusCode = error === undefined ? 404 : 500;
        response.end('final');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const path of paths) {
      await fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text());
    }
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    return found;
  }

  it('is the template of the route', async () => {
    const build = (router: Router) =>
      router
        .get('/books/:id', answer)
        .get(['/a', '/b'], answer)
        .get(/^\/x+$/, answer);
    expect(await labels(build, '/books/1', '/BOOKS/2/', '/a', '/b', '/xxx')).toEqual([
      '/books/:id',
      '/books/:id',
      '/a,/b',
      '/a,/b',
      '^\\/x+$',
    ]);
  });

  it('says so when the router is mounted, whatever the client sent for that', async () => {
    const build = (router: Router) =>
      router
        .use('/shop', createRouter().get('/books/:id', answer))
        .use('/t/:tenant', createRouter().get('/books', answer))
        .use('/deep', createRouter().use('/er', createRouter().get('/books', answer)));
    expect(
      await labels(build, '/shop/books/1', '/SHOP/books/2', '/t/one/books', '/t/two/books', '/deep/er/books'),
    ).toEqual([
      '<mounted>/books/:id',
      '<mounted>/books/:id',
      '<mounted>/books',
      '<mounted>/books',
      '<mounted>/books',
    ]);
  });

  it('stays that of a mounted route that fails', async () => {
    const build = (router: Router) =>
      router.get('/books', answer).use('/shop', createRouter().get('/books', fail)).use(onError);
    expect(await labels(build, '/shop/books', '/books')).toEqual(['<mounted>/books', '/books']);
  });

  it("stays that of the application's own route that fails into a mounted error handler", async () => {
    const build = (router: Router) =>
      router
        .use('/shop', createRouter().get('/nothing', answer))
        .get('/shop/books', fail)
        .use('/shop', onError);
    expect(await labels(build, '/shop/books')).toEqual(['/shop/books']);
  });

  it('stays that of a route that fails without an error handler', async () => {
    expect(await labels((router) => router.get('/books', fail), '/books')).toEqual(['/books']);
  });

  it('is that of mounted middleware after a route that passed the request on', async () => {
    const build = (router: Router) =>
      router
        .get('/graphql', passOn)
        .get('/shop/:any', passOn)
        .use('/graphql', answer)
        .use('/shop', createRouter().use(answer));
    expect(await labels(build, '/graphql', '/shop/books')).toEqual(['/graphql', '/shop']);
  });

  it('is that of middleware after a mounted route that passed the request on', async () => {
    const build = (router: Router) =>
      router.use('/shop', createRouter().get('/books', passOn)).use('/shop/books', answer).use(answer);
    expect(await labels(build, '/shop/books')).toEqual([keepsTemplates ? '/shop/books' : '<mounted>/books']);
    const build2 = (router: Router) => router.use('/shop', createRouter().get('/books', passOn)).use(answer);
    expect(await labels(build2, '/shop/books')).toEqual(['<middleware>']);
  });

  it('is the mount path of middleware, in one spelling', async () => {
    const build = (router: Router) => router.use('/graphQL', answer).use('/files/', answer);
    const graphql = keepsTemplates ? '/graphQL' : '/graphql';
    expect(await labels(build, '/graphQL', '/GraphQL?query={a}', '/graphql/', '/files/a/b.txt')).toEqual([
      graphql,
      graphql,
      graphql,
      '/files',
    ]);
  });

  it('is bounded where the mount path is not', async () => {
    const build = (router: Router) =>
      router
        .use('/t/:tenant', answer)
        .use(['/one', '/two/:id'], answer)
        .use(/^\/\d+/, answer)
        .use('/all/{*rest}', answer)
        .use('/n', createRouter().use('/:id', answer));
    expect(await labels(build, '/t/one/x', '/t/two', '/one', '/two/2', '/123', '/all/a/b', '/n/7')).toEqual(
      keepsTemplates
        ? ['/t/:tenant', '/t/:tenant', '/one,/two/:id', '/one,/two/:id', '^\\/\\d+', '/all/{*rest}', '/n/:id']
        : [
            '<middleware>',
            '<middleware>',
            '/one',
            '<middleware>',
            '<middleware>',
            '<middleware>',
            '<middleware>',
          ],
    );
  });

  it('is that of the middleware which answers, of two that match', async () => {
    const build = (router: Router) => router.use('/:any', passOn).use('/graphql', answer);
    expect(await labels(build, '/graphql')).toEqual(['/graphql']);
  });

  it('is unmatched for what nothing answered, and for what cannot be decoded', async () => {
    const build = (router: Router) =>
      router.get('/books/:id', answer).get('/passed', passOn).use('/shop', passOn);
    expect(await labels(build, '/nothing', '/shop/nothing', '/', '/passed')).toEqual([
      '<unmatched>',
      '<unmatched>',
      '<unmatched>',
      keepsTemplates ? '<unmatched>' : '/passed',
    ]);
  });

  it('is middleware at the root, whichever it is', async () => {
    expect(await labels((router) => router.use(answer), '/a', '/b?c')).toEqual([
      '<middleware>',
      '<middleware>',
    ]);
  });

  it('takes in routes that are added later, and routers that hold themselves', async () => {
    const shop = createRouter();
    shop.use('/again', shop);
    shop.get('/books', answer);
    const build = (router: Router) =>
      router.use('/shop', shop).get('/add', (request, response) => {
        router.get('/late', answer);
        answer(request, response, () => {});
      });
    expect(await labels(build, '/add', '/late', '/shop/books', '/shop/again/books')).toEqual([
      '/add',
      '/late',
      '<mounted>/books',
      '<mounted>/books',
    ]);
  });
});

describe('The label of a request', () => {
  it('is not there before routing, and relative to where the application is mounted', () => {
    const routes = new ExpressRoutes({});
    expect(routes.labelOf({ url: '/' } as ExpressRequest, undefined, '')).toBeUndefined();
    expect(routes.labelOf({ url: '/', baseUrl: '/b' } as ExpressRequest, 200, '/b')).toBe('<middleware>');
    expect(
      routes.labelOf({ url: '/', baseUrl: '/b', route: { path: '/x' } } as ExpressRequest, 200, ''),
    ).toBe('<mounted>/x');
  });
});
