import { describe, expect, it } from 'vitest';
import { fastifyPlatform } from '../../../src/http/fastify.adapter.js';

describe('The route of a Fastify request', () => {
  const context = Symbol('fastify.context');

  it('is that of its context, without gathering the options of the route', () => {
    const request = {
      method: 'GET',
      [context]: { config: { url: '/books/:id' } },
      get routeOptions(): never {
        throw new Error('gathered');
      },
    };
    expect(fastifyPlatform.routeOf(request)).toBe('/books/:id');
  });

  it.each([{}, { config: {} }])('is unmatched in a context without a URL', (found) => {
    expect(fastifyPlatform.routeOf({ method: 'GET', [context]: found })).toBe('<unmatched>');
  });

  it('is asked of its options when the context is kept elsewhere, as by another copy of Fastify', () => {
    const request = { method: 'GET', [Symbol('fastify.context')]: {}, routeOptions: { url: '/books/:id' } };
    expect(fastifyPlatform.routeOf(request)).toBe('/books/:id');
  });
});
