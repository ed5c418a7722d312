import type { ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { type Case, get, MIDDLEWARE, UNMATCHED } from './request-matrix.cases.js';

/** Middleware in every place that answers by itself. */
export function useMiddleware(app: INestApplication): void {
  const answer = (_request: unknown, response: ServerResponse): void => {
    response.end('middleware');
  };
  app.use('/graphql', answer);
  app.use((request: { url: string }, response: ServerResponse, next: () => void) => {
    if (request.url.startsWith('/assets/')) {
      response.end('asset');
      return;
    }
    next();
  });
}

export const MIDDLEWARE_CASES: readonly Case[] = [
  {
    name: 'what middleware answers at a path of its own',
    send: get('/graphql?query={a}'),
    recorded: (platform) => ({
      method: 'GET',
      status: 200,
      route: platform === 'express' ? '/graphql' : MIDDLEWARE,
    }),
  },
  {
    name: 'what middleware of all paths answers',
    send: get('/assets/logo.svg'),
    recorded: { method: 'GET', status: 200, route: MIDDLEWARE },
  },
  {
    name: 'a path beside that of middleware',
    send: get('/graphqls'),
    recorded: { method: 'GET', status: 404, route: UNMATCHED },
  },
];
