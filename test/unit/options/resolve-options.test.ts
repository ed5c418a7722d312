import { inspect } from 'node:util';
import { EventEmitter } from 'node:events';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { HyperMetricsOptions } from '../../../src/options/hyper-metrics-options.interface.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

const DEFAULTS = {
  enabled: true,
  path: '/metrics',
  prefix: 'hyperdjango_',
  version: undefined,
  defaultLabels: {},
  registry: undefined,
  runtimeMetrics: true,
  http: {
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    routes: true,
    ignore: [],
    sizes: false,
    labels: {},
    handlers: false,
    serverTiming: false,
    exceptions: false,
  },
  httpClient: false,
  endpoint: {
    decorators: [],
    guards: [],
    bearerToken: undefined,
    basicAuth: undefined,
    allowIps: undefined,
    port: undefined,
    host: '127.0.0.1',
    maxConcurrentScrapes: 10,
    collectorTimeoutMs: 5000,
    openMetrics: false,
    compression: true,
    page: false,
  },
  exemplars: false,
  nativeHistograms: false,
  seriesBudget: { perFamily: 2000, total: 50_000 },
  cluster: false,
  dataSources: undefined,
  pools: { perPool: false, leakThresholdMs: undefined },
  performance: {
    slowQueryThresholdMs: 100,
    nPlusOneThreshold: 5,
    nPlusOneIgnore: [],
    failOnNPlusOne: false,
    slowQueryParameters: false,
    routes: true,
    statements: false,
  },
  queryTimer: { thresholdMs: 100, drainTimeoutMs: 0, slowQueryLog: false },
  statementCache: false,
  healthChecker: { intervalSeconds: 30, timeoutMs: 5000, failureThreshold: 1 },
  schedules: true,
  pushOnShutdown: undefined,
};

const STATEMENT_CACHE = {
  maxEntries: 100,
  minUses: 2,
  maxTextLength: 16_384,
  deny: [],
  planGuard: true,
  sessionPooler: false,
};

/** A pool of pg, as the rules look at it. */
const pool = Object.assign(new EventEmitter(), {
  totalCount: 0,
  idleCount: 0,
  waitingCount: 0,
  connect: () => Promise.resolve(),
});

describe('resolveOptions', () => {
  it('fills every option in with the documented default', () => {
    expect(resolveOptions()).toEqual(DEFAULTS);
    expect(resolveOptions({})).toEqual(DEFAULTS);
    expect(resolveOptions({ http: true, endpoint: {} })).toEqual(DEFAULTS);
    const switchedOn = { pools: true, performance: true, queryTimer: true, healthChecker: true };
    expect(resolveOptions(switchedOn)).toEqual(DEFAULTS);
    expect(resolveOptions({ http: {} })).toEqual(DEFAULTS);
  });

  it('takes undefined as a wish for the default, nested options included', () => {
    const options = {
      enabled: undefined,
      path: undefined,
      prefix: undefined,
      version: undefined,
      defaultLabels: undefined,
      registry: undefined,
      runtimeMetrics: undefined,
      http: { buckets: undefined, routes: undefined, ignore: undefined },
      endpoint: {
        decorators: undefined,
        host: undefined,
        maxConcurrentScrapes: undefined,
        collectorTimeoutMs: undefined,
        openMetrics: undefined,
        compression: undefined,
        page: undefined,
      },
      nativeHistograms: undefined,
      seriesBudget: { perFamily: undefined },
      dataSources: undefined,
      pools: { perPool: undefined, leakThresholdMs: undefined },
      performance: {
        slowQueryThresholdMs: undefined,
        nPlusOneThreshold: undefined,
        nPlusOneIgnore: undefined,
        failOnNPlusOne: undefined,
        slowQueryParameters: undefined,
        routes: undefined,
        statements: undefined,
      },
      queryTimer: { thresholdMs: undefined, drainTimeoutMs: undefined, slowQueryLog: undefined },
      statementCache: undefined,
      healthChecker: { intervalSeconds: undefined, timeoutMs: undefined, failureThreshold: undefined },
    };
    expect(resolveOptions(options)).toEqual(DEFAULTS);
    expect(resolveOptions({ http: undefined, endpoint: undefined })).toEqual(DEFAULTS);
  });

  it('keeps every value given', () => {
    const registry = new Registry();
    const predicate = () => true;
    const decorate: MethodDecorator = () => {};
    const tenant = () => 'none';
    const guard = { canActivate: () => true };
    const options: HyperMetricsOptions = {
      enabled: false,
      path: '/internal/metrics.v1',
      prefix: 'shop_',
      version: '1.2.3',
      defaultLabels: { app: 'shop', empty: '' },
      registry,
      runtimeMetrics: false,
      exemplars: () => ({ trace_id: 'a' }),
      http: {
        buckets: [0, 0.5],
        routes: true,
        ignore: ['/health', /^\/internal/, predicate],
        sizes: true,
        labels: { tenant },
        handlers: true,
        serverTiming: true,
        exceptions: { clientErrors: true },
      },
      httpClient: { buckets: [1, 2], ignore: ['localhost:4318', /internal/], maxHosts: 5 },
      endpoint: {
        decorators: [decorate],
        guards: [guard],
        bearerToken: ['old', 'new'],
        basicAuth: { username: 'prometheus', password: 'secret' },
        allowIps: ['10.0.0.0/8'],
        maxConcurrentScrapes: 1,
        collectorTimeoutMs: 0.5,
        openMetrics: true,
        compression: false,
        page: { historyMinutes: 240 },
      },
      nativeHistograms: { maxBuckets: 40 },
      seriesBudget: { perFamily: 10, total: 100 },
      cluster: { timeoutMs: 250, workerLabel: true, hub: '/run/shop/metrics.sock' },
      dataSources: [pool],
      pools: { perPool: true, leakThresholdMs: 30_000 },
      performance: {
        slowQueryThresholdMs: 0,
        nPlusOneThreshold: 2,
        nPlusOneIgnore: ['/books/:id', /FROM setting/],
        failOnNPlusOne: true,
        slowQueryParameters: true,
        routes: false,
        statements: { limit: 1 },
      },
      queryTimer: {
        thresholdMs: 0,
        drainTimeoutMs: 500,
        slowQueryLog: { table: 'audit.slow_queries', flushIntervalSeconds: 0.5, explain: true },
      },
      statementCache: {
        maxEntries: 5,
        minUses: 1,
        maxTextLength: 1000,
        deny: ['SELECT 1', /orders/],
        planGuard: false,
        sessionPooler: true,
      },
      healthChecker: { intervalSeconds: 0.5, timeoutMs: 100, failureThreshold: 3 },
      schedules: false,
      pushOnShutdown: { url: 'http://gateway:9091', jobName: 'night', retries: 0 },
    };
    const resolved = resolveOptions(options);
    expect(resolved).toEqual({
      ...options,
      endpoint: { ...options.endpoint, port: undefined, host: '127.0.0.1' },
    });
    expect(resolved.registry).toBe(registry);
  });

  it('has no live page unless it is asked for, and then the defaults of what is not given', () => {
    const pageOf = (page: boolean | object) => resolveOptions({ endpoint: { page } }).endpoint.page;
    expect([false, true, {}, { historyMinutes: 5 }].map(pageOf)).toEqual([
      false,
      { historyMinutes: 15 },
      { historyMinutes: 15 },
      { historyMinutes: 5 },
    ]);
  });

  it('has no cluster unless it is asked for, and then the defaults of what is not given', () => {
    const defaults = { timeoutMs: 1000, workerLabel: false, hub: undefined };
    expect(resolveOptions({ cluster: false }).cluster).toBe(false);
    expect(resolveOptions({ cluster: true }).cluster).toEqual(defaults);
    expect(resolveOptions({ cluster: {} }).cluster).toEqual(defaults);
    expect(resolveOptions({ cluster: { timeoutMs: 5 } }).cluster).toEqual({ ...defaults, timeoutMs: 5 });
  });

  it('reads what a class has as getters and what is inherited: none is lost', () => {
    class Access {
      get bearerToken(): string {
        return 'tok';
      }

      get basicAuth(): object {
        return Object.create({ username: 'shop', password: 'pw' }) as object;
      }
    }
    const { endpoint } = resolveOptions({ endpoint: new Access() as never });
    expect(endpoint.bearerToken).toBe('tok');
    expect(endpoint.basicAuth).toEqual({ username: 'shop', password: 'pw' });
    expect(() => resolveOptions({ endpoint: Object.create({ bearerToken: '' }) as never })).toThrow(
      'endpoint.bearerToken',
    );
  });

  it('are printed without credentials', () => {
    const resolved = resolveOptions({
      endpoint: { bearerToken: 'hunter2', basicAuth: { username: 'prometheus', password: 'hunter2' } },
      pushOnShutdown: { url: 'http://shop:hunter2@gateway', jobName: 'night', headers: { a: 'hunter2' } },
    });
    expect(inspect(resolved, { depth: null })).toContain('maxConcurrentScrapes: 10');
    expect(inspect(resolved, { depth: null })).not.toContain('hunter2');
    expect(JSON.stringify(resolved)).not.toContain('hunter2');
  });

  it('keeps credentials in a copy, which would be open otherwise', () => {
    const { endpoint } = resolveOptions({ endpoint: { bearerToken: 'hunter2' } });
    expect({ ...endpoint }.bearerToken).toBe('hunter2');
  });

  it('keeps the port of its own, and where it is', () => {
    const { endpoint } = resolveOptions({ endpoint: { port: 9464, host: '0.0.0.0' } });
    expect([endpoint.port, endpoint.host]).toEqual([9464, '0.0.0.0']);
  });

  it('merges nested options one by one', () => {
    expect(resolveOptions({ http: { routes: false } }).http).toEqual({ ...DEFAULTS.http, routes: false });
    expect(resolveOptions({ http: { buckets: [1] } }).http).toEqual({ ...DEFAULTS.http, buckets: [1] });
  });

  it('leaves the statement cache off unless it is asked for', () => {
    expect(resolveOptions({ statementCache: true }).statementCache).toEqual(STATEMENT_CACHE);
    expect(resolveOptions({ statementCache: {} }).statementCache).toEqual(STATEMENT_CACHE);
    expect(resolveOptions({ statementCache: { maxEntries: 7, deny: undefined } }).statementCache).toEqual({
      ...STATEMENT_CACHE,
      maxEntries: 7,
    });
  });

  it.each(['http', 'pools', 'performance', 'queryTimer', 'statementCache', 'healthChecker'] as const)(
    'switches %s off by false',
    (option) => {
      expect(resolveOptions({ [option]: false })[option]).toBe(false);
    },
  );

  it('takes the fields of an instance of a configuration class', () => {
    class ShopOptions implements HyperMetricsOptions {
      readonly prefix = 'shop_';
      readonly http = { routes: false };
    }
    const { prefix, http } = resolveOptions(new ShopOptions());
    expect(prefix).toBe('shop_');
    expect(http).toEqual({ ...DEFAULTS.http, routes: false });
  });

  it('switches OpenMetrics on with exemplars, unless the application decides', () => {
    const openMetricsWith = (options: HyperMetricsOptions) => resolveOptions(options).endpoint.openMetrics;
    expect(openMetricsWith({ exemplars: true })).toBe(true);
    expect(openMetricsWith({ exemplars: () => ({}), endpoint: { compression: false } })).toBe(true);
    expect(openMetricsWith({ exemplars: true, endpoint: { openMetrics: false } })).toBe(false);
    expect(openMetricsWith({ exemplars: false })).toBe(false);
    expect(openMetricsWith({ exemplars: undefined })).toBe(false);
  });

  it('keeps the function of exemplars', () => {
    const exemplars = () => ({ trace_id: 'a' });
    expect(resolveOptions({ exemplars }).exemplars).toBe(exemplars);
  });

  it('fills the slow-query log in when it is asked for', () => {
    const { queryTimer } = resolveOptions({ queryTimer: { slowQueryLog: true } });
    expect(queryTimer).toMatchObject({
      slowQueryLog: { table: 'hyper_metrics_slow_queries', flushIntervalSeconds: 5, explain: false },
    });
  });

  it('fills the counts by statement in when they are asked for', () => {
    const { performance } = resolveOptions({ performance: { statements: true } });
    expect(performance).toMatchObject({ statements: { limit: 100 } });
  });

  it('makes default labels valid UTF-8', () => {
    expect(resolveOptions({ defaultLabels: { app: 'a\ud800' } }).defaultLabels).toEqual({ app: 'a\ufffd' });
  });
});

describe('resolved options', () => {
  const given = {
    defaultLabels: { app: 'shop' },
    http: { buckets: [1, 2], ignore: ['/health'] },
    endpoint: { decorators: [] as MethodDecorator[] },
  };

  it.each([
    ['defaults', {}],
    ['values given', given],
  ])('are frozen through and through: %s', (_, options) => {
    const resolved = resolveOptions(options);
    const http = resolved.http as Exclude<typeof resolved.http, false>;
    const parts = {
      resolved,
      defaultLabels: resolved.defaultLabels,
      http,
      'http.buckets': http.buckets,
      'http.ignore': http.ignore,
      endpoint: resolved.endpoint,
      'endpoint.decorators': resolved.endpoint.decorators,
      pools: resolved.pools,
      performance: resolved.performance,
      queryTimer: resolved.queryTimer,
      healthChecker: resolved.healthChecker,
    };
    const unfrozen = Object.entries(parts).filter(([, part]) => !Object.isFrozen(part));
    expect(unfrozen.map(([name]) => name)).toEqual([]);
  });

  it('do not change with the object they were made of, which stays as it was', () => {
    const options = structuredClone(given);
    const resolved = resolveOptions(options);
    options.defaultLabels.app = 'bank';
    options.http.buckets.push(3);
    options.http.ignore.push('/other');
    expect(resolved.defaultLabels).toEqual({ app: 'shop' });
    expect(resolved.http).toMatchObject({ buckets: [1, 2], ignore: ['/health'] });
  });
});
