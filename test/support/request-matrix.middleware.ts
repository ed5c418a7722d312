import { type Case, get, MIDDLEWARE, UNMATCHED } from './request-matrix.cases.js';

/** What middleware answers. */
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
