import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ignoreFilter } from '../../../src/http/ignore-rules.js';
import type { HttpIgnoreRule } from '../../../src/options/http-options.interface.js';

const request = (url: string | undefined, method = 'GET') => ({ url, method }) as IncomingMessage;
const noFaults = (error: unknown): never => {
  throw error;
};
const filter = (...rules: HttpIgnoreRule[]) => ignoreFilter(['/metrics'], rules, noFaults);

describe('scrapes', () => {
  it.each([[[]], [['/other']]])('leave no trace, with the rules %j', (rules) => {
    const ignores = filter(...rules);
    expect(ignores(request('/metrics'))).toBe(true);
    expect(ignores(request('/metrics?name[]=up'))).toBe(true);
    expect(ignores(request('/metrics', 'HEAD'))).toBe(true);
    expect(ignores(request('http://shop.example/metrics'))).toBe(true);
  });

  it.each([
    ['POST', '/metrics'],
    ['OPTIONS', '/metrics'],
    ['GET', '/metrics/'],
    ['GET', '/METRICS'],
    ['GET', '/books'],
    ['GET', undefined],
  ])('%s %s is none', (method, url) => {
    expect(filter()(request(url, method))).toBe(false);
    expect(filter('/other')(request(url, method))).toBe(false);
  });
});

describe('a path', () => {
  it('matches whole paths, whatever the method and the query', () => {
    const ignores = filter('/health', '/ready');
    expect(ignores(request('/health'))).toBe(true);
    expect(ignores(request('/ready?verbose', 'POST'))).toBe(true);
    expect(ignores(request('http://shop.example/health'))).toBe(true);
    expect(ignores(request('/health/live'))).toBe(false);
    expect(ignores(request('/healthy'))).toBe(false);
    expect(ignores(request('/Health'))).toBe(false);
    expect(ignores(request('/books?x=/health'))).toBe(false);
  });
});

describe('a regular expression', () => {
  it('is tested against the path without its query', () => {
    const ignores = filter(/^\/internal\//, /secret/);
    expect(ignores(request('/internal/x'))).toBe(true);
    expect(ignores(request('/a/secret/b'))).toBe(true);
    expect(ignores(request('/books?x=secret'))).toBe(false);
    expect(ignores(request('/x/internal/'))).toBe(false);
  });

  it.each([/\/health/g, /\/health/y, /\/HEALTH/giy])(
    '%s matches every time, not every second time',
    (pattern) => {
      const ignores = filter(pattern);
      const answers = Array.from({ length: 4 }, () => ignores(request('/health')));
      expect(answers).toEqual([true, true, true, true]);
      expect(pattern.lastIndex).toBe(0);
    },
  );

  it('matches wherever the one that was given has stopped', () => {
    const pattern = /\/health/g;
    pattern.lastIndex = 5;
    expect(filter(pattern)(request('/health'))).toBe(true);
  });

  it('that is sticky stays anchored to the start of the path', () => {
    const ignores = filter(/\/health/y);
    expect(ignores(request('/health/live'))).toBe(true);
    expect(ignores(request('/books/health'))).toBe(false);
  });

  it('keeps its other flags', () => {
    expect(filter(/^\/HEALTH$/i)(request('/health'))).toBe(true);
    expect(filter(/^\/\p{Lu}+$/u)(request('/ABC'))).toBe(true);
  });
});

describe('a predicate', () => {
  it('sees the request', () => {
    const ignores = filter(({ method }) => method === 'OPTIONS');
    expect(ignores(request('/books', 'OPTIONS'))).toBe(true);
    expect(ignores(request('/books'))).toBe(false);
  });

  it('is not asked about scrapes, nor about what a path or pattern has decided', () => {
    const asked: (string | undefined)[] = [];
    const ignores = filter('/health', /^\/internal/, ({ url }) => {
      asked.push(url);
      return false;
    });
    for (const url of ['/metrics', '/health', '/internal', '/books']) {
      ignores(request(url));
    }
    expect(asked).toEqual(['/books']);
  });

  it('that throws is reported each time, and the request counts unless another rule names it', () => {
    const faults: unknown[] = [];
    const error = new Error('broken');
    const broken = () => {
      throw error;
    };
    const ignores = ignoreFilter(
      ['/metrics'],
      [broken, ({ url }) => url === '/ignored'],
      (fault) => void faults.push(fault),
    );
    expect(ignores(request('/books'))).toBe(false);
    expect(ignores(request('/ignored'))).toBe(true);
    expect(faults).toEqual([error, error]);
  });

  it.each([
    [{ caseSensitive: false, ignoreTrailingSlash: true }, ['/health', '/health/', '/HEALTH', '/Health/?x=1']],
    [{ caseSensitive: true, ignoreTrailingSlash: true }, ['/health', '/health/']],
    [{ caseSensitive: false, ignoreTrailingSlash: false }, ['/health', '/HEALTH']],
    [{ caseSensitive: true, ignoreTrailingSlash: false }, ['/health']],
  ])('compares paths as the router does: %j', (matching, ignored) => {
    const isIgnored = ignoreFilter([], ['/health'], () => {}, matching);
    const paths = ['/health', '/health/', '/HEALTH', '/Health/?x=1', '/health//', '/healthy', '/'];
    expect(paths.filter((url) => isIgnored({ method: 'GET', url } as IncomingMessage))).toEqual(ignored);
  });

  it.each([undefined, null, 7, {}])('takes a URL that is %j for none', (url) => {
    const isIgnored = ignoreFilter(['/metrics'], ['/health', /^$/], () => {});
    expect(isIgnored({ method: 'GET', url } as unknown as IncomingMessage)).toBe(true);
    expect(ignoreFilter(['/metrics'], [], () => {})({ url } as unknown as IncomingMessage)).toBe(false);
  });
});
