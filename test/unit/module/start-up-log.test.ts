import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { logWhenListening } from '../../../src/module/start-up-log.js';
import type { HyperMetricsOptions } from '../../../src/options/hyper-metrics-options.interface.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

function lineOf(options: HyperMetricsOptions): string[] {
  const lines: string[] = [];
  const address = () => ({ address: '127.0.0.1', family: 'IPv4', port: 9464 });
  const server = Object.assign(new EventEmitter(), { listening: true, address });
  const logger = { log: (line: string) => void lines.push(line), warn: () => {} };
  logWhenListening(server, resolveOptions({ http: false, runtimeMetrics: false, ...options }), [], logger);
  return lines;
}

describe('the line at the start', () => {
  it.each<readonly [HyperMetricsOptions, string]>([
    [{}, '/metrics (prefix hyperdjango_): process'],
    [{ prefix: 'shop_', path: '/stats' }, '/stats (prefix shop_): process'],
    [
      { cluster: true, http: { routes: false, sizes: true, handlers: true } },
      '/metrics (prefix hyperdjango_): process, HTTP requests, body sizes, handlers, all workers',
    ],
    [{ endpoint: { port: 0 } }, '/metrics (prefix hyperdjango_, own port): process'],
    [
      { endpoint: { guards: [{ canActivate: () => true }] } },
      '/metrics (prefix hyperdjango_, guards): process',
    ],
    [
      { endpoint: { allowIps: ['10.0.0.0/8'] } },
      '/metrics (prefix hyperdjango_, allowed addresses only): process',
    ],
  ])('says prefix, path, access and what is on: %j', (options, line) => {
    expect(lineOf(options)).toEqual([`Metrics at http://127.0.0.1:9464${line}`]);
  });

  it('says what browsers need where the live page accepts a bearer token alone', () => {
    const basicAuth = { username: 'ops', password: 'secret' };
    const partsWith = (endpoint: HyperMetricsOptions['endpoint']) =>
      lineOf({ endpoint: { page: true, ...endpoint } })[0]?.split('process, ')[1];

    expect(partsWith({ bearerToken: 'secret' })).toBe(
      'live page at /metrics/live (for browsers, set endpoint.basicAuth too)',
    );
    expect(partsWith({ bearerToken: 'secret', basicAuth })).toBe('live page at /metrics/live');
    expect(partsWith({ basicAuth })).toBe('live page at /metrics/live');
    expect(partsWith({})).toBe('live page at /metrics/live');
  });

  it('names the kinds of credentials, and contains none', () => {
    const basicAuth = { username: 'hunter1', password: 'hunter2' };
    const [token = ''] = lineOf({ endpoint: { bearerToken: 'hunter3' } });
    const [both = ''] = lineOf({ endpoint: { bearerToken: ['hunter3'], basicAuth } });
    expect(token).toContain('(prefix hyperdjango_, bearer token)');
    expect(both).toContain('(prefix hyperdjango_, bearer token or basic auth)');
    expect(token + both).not.toMatch(/hunter/);
  });
});
