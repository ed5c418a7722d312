import { describe, expect, it } from 'vitest';
import { isExactPath, requestPath } from '../../../src/http/request-path.js';

describe('requestPath', () => {
  it.each([
    ['/books', '/books'],
    ['/books?id=1', '/books'],
    ['/books?', '/books'],
    ['/books?a=/x?y', '/books'],
    ['/books#part', '/books'],
    ['/books/', '/books/'],
    ['/', '/'],
    ['/?x', '/'],
    ['//books', '//books'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a/../b', '/a/../b'],
    ['/http://x/y', '/http://x/y'],
    ['http://shop.example/books?id=1', '/books'],
    ['HTTPS://user@shop.example:8443/books', '/books'],
    ['http://shop.example', ''],
    ['http://shop.example?x=1', ''],
    ['*', '*'],
    ['', ''],
  ])('of "%s" is "%s"', (target, path) => {
    expect(requestPath(target)).toBe(path);
  });
});

describe('isExactPath', () => {
  it.each([
    '/metrics',
    '/metrics?',
    '/metrics?name[]=up',
    'http://shop.example/metrics',
    'http://shop.example:80/metrics?x',
  ])('"%s" is /metrics', (target) => {
    expect(isExactPath(target, '/metrics')).toBe(true);
  });

  it.each([
    '/metrics/',
    '/METRICS',
    '/metricsx',
    '/metrics/x',
    '//metrics',
    '/x/metrics',
    '/metric',
    '/',
    '',
    '*',
    'metrics',
    '/%6detrics',
    '/?/metrics',
    'http://shop.example/metrics/',
    'http://shop.example/x/metrics',
    'http://shop.example?/metrics',
  ])('"%s" is not', (target) => {
    expect(isExactPath(target, '/metrics')).toBe(false);
  });
});
