import { describe, expect, it } from 'vitest';
import { HyperMetricsError } from '../../../src/core/errors.js';
import type { HyperMetricsOptions } from '../../../src/options/hyper-metrics-options.interface.js';
import { InvalidOptionsError, resolveOptions } from '../../../src/options/resolve-options.js';

const resolving = (options: unknown) => () => resolveOptions(options as HyperMetricsOptions);
const invalid = (...problems: string[]) =>
  new InvalidOptionsError(
    `HyperMetricsModule cannot start with these options:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
/** The error's text; empty when nothing is wrong. */
function messageOf(options: unknown): string {
  try {
    resolving(options)();
    return '';
  } catch (error) {
    return error instanceof HyperMetricsError ? error.message : `not ours: ${String(error)}`;
  }
}

const PATH =
  'an exact path such as "/metrics": a leading slash, then letters, digits, "-", ".", "_", "~" and "/", ' +
  'without parameters, wildcards, query or trailing slash';
const PREFIX = 'a legal metric name ending in "_", such as "myapp_"';
const LABELS =
  'an object of strings; names have letters, digits and "_", do not start with a digit or "__", ' +
  'and are not "le" or "quantile"';
const IGNORE = 'an array of paths starting with "/", regular expressions, and functions of the request';
const ROUTE_LABELS =
  'an object of functions by label name; names have letters, digits and "_", do not start with a digit or "__", ' +
  'and are none of method, route, status, le, quantile';
const DATA_SOURCES = 'an array of TypeORM DataSources and pg Pools';
const PERFORMANCE =
  'true, false or an object of slowQueryThresholdMs, nPlusOneThreshold, nPlusOneIgnore, failOnNPlusOne, slowQueryParameters, routes and statements';
const HTTP_OPTIONS =
  'true, false or an object of buckets, routes, ignore, sizes, labels, handlers, serverTiming and exceptions';
const ENDPOINT_OPTIONS =
  'an object of decorators, guards, bearerToken, basicAuth, allowIps, port, host, maxConcurrentScrapes, ' +
  'collectorTimeoutMs, openMetrics, compression and page';
const STATEMENT_CACHE =
  'true, false or an object of maxEntries, minUses, maxTextLength, deny, planGuard and sessionPooler';
const MILLISECONDS = 'a number of milliseconds from 0 to 2147483647';
const INTERVAL = 'a number of seconds above 0, up to 2147483';
const TIMEOUT = 'a number of milliseconds above 0, up to 2147483647';
const RISING = 'finite numbers in rising order, without +Inf';

const SHARE = 'a number above 0 and below 1';
const DENY = 'an array of strings and regular expressions';
const HTTP_CLIENT_IGNORE =
  'an array of hosts such as "api.example.com" or "localhost:4318", regular expressions, and functions of the request';
const N_PLUS_ONE_IGNORE = 'an array of non-empty strings and regular expressions';

describe('an invalid option fails with its name, its value and what is allowed:', () => {
  it.each([
    ['enabled', 'yes', "'yes'", 'true or false'],
    ['enabled', null, 'null', 'true or false'],
    ['runtimeMetrics', 1, '1', 'true or false'],
    ['path', '', "''", PATH],
    ['path', '/', "'/'", PATH],
    ['path', 'metrics', "'metrics'", PATH],
    ['path', '/metrics/', "'/metrics/'", PATH],
    ['path', '/a//b', "'/a//b'", PATH],
    ['path', '/:id', "'/:id'", PATH],
    ['path', '/*', "'/*'", PATH],
    ['path', '/a?b', "'/a?b'", PATH],
    ['path', '/a/../b', "'/a/../b'", PATH],
    ['path', '/.', "'/.'", PATH],
    ['path', '/ä', "'/ä'", PATH],
    ['path', '/a\n', "'/a\\n'", PATH],
    ['path', ['/metrics'], "[ '/metrics' ]", PATH],
    ['prefix', '', "''", PREFIX],
    ['prefix', 'shop', "'shop'", PREFIX],
    ['prefix', '9shop_', "'9shop_'", PREFIX],
    ['prefix', 'my-shop_', "'my-shop_'", PREFIX],
    ['prefix', 5, '5', PREFIX],
    ['version', '', "''", 'a non-empty string'],
    ['version', 1, '1', 'a non-empty string'],
    ['defaultLabels', { le: 'x' }, "{ le: 'x' }", LABELS],
    ['defaultLabels', { quantile: 'x' }, "{ quantile: 'x' }", LABELS],
    ['defaultLabels', { __x: 'x' }, "{ __x: 'x' }", LABELS],
    ['defaultLabels', { 'a-b': 'x' }, "{ 'a-b': 'x' }", LABELS],
    ['defaultLabels', { app: 5 }, '{ app: 5 }', LABELS],
    ['defaultLabels', { app: undefined }, '{ app: undefined }', LABELS],
    ['defaultLabels', ['app'], "[ 'app' ]", LABELS],
    ['defaultLabels', new Map([['app', 'shop']]), "Map(1) { 'app' => 'shop' }", LABELS],
    ['registry', {}, '{}', 'a Registry of prom-client or @prometheus-io/client'],
    ['registry', null, 'null', 'a Registry of prom-client or @prometheus-io/client'],
    ['http', 'on', "'on'", HTTP_OPTIONS],
    ['http', null, 'null', HTTP_OPTIONS],
    ['http', [], '[]', HTTP_OPTIONS],
    ['http', new Map(), 'Map(0) {}', HTTP_OPTIONS],
    ['slo', true, 'true', 'an object of availability and latency'],
    ['slo', 0.999, '0.999', 'an object of availability and latency'],
    ['exemplars', 'yes', "'yes'", 'true, false or a function that returns labels'],
    ['exemplars', null, 'null', 'true, false or a function that returns labels'],
    ['exemplars', { trace_id: 'a' }, "{ trace_id: 'a' }", 'true, false or a function that returns labels'],
    ['endpoint', true, 'true', ENDPOINT_OPTIONS],
    ['endpoint', /x/, '/x/', ENDPOINT_OPTIONS],
    ['seriesBudget', 2000, '2000', 'an object of perFamily and total'],
    ['cluster', 'yes', "'yes'", 'true, false or an object of timeoutMs, workerLabel and hub'],
    ['pools', 'on', "'on'", 'true, false or an object of perPool and leakThresholdMs'],
    ['queryTimer', 100, '100', 'true, false or an object of thresholdMs, drainTimeoutMs and slowQueryLog'],
    ['statementCache', 100, '100', STATEMENT_CACHE],
    ['performance', null, 'null', PERFORMANCE],
    [
      'healthChecker',
      [],
      '[]',
      'true, false or an object of intervalSeconds, timeoutMs and failureThreshold',
    ],
    ['dataSources', {}, '{}', DATA_SOURCES],
    ['dataSources', [{}], '[ {} ]', DATA_SOURCES],
  ])('%s: %j', (name, value, shown, allowed) => {
    expect(resolving({ [name]: value })).toThrow(invalid(`${name} is ${shown}; allowed: ${allowed}`));
  });

  it.each([
    ['http', 'buckets', [], '[]', 'a non-empty array of numbers'],
    ['http', 'buckets', '1', "'1'", 'a non-empty array of numbers'],
    ['http', 'buckets', [2, 1], '[ 2, 1 ]', RISING],
    ['http', 'buckets', [1, 1], '[ 1, 1 ]', RISING],
    ['http', 'buckets', [1, Infinity], '[ 1, Infinity ]', RISING],
    ['http', 'buckets', [Number.NaN], '[ NaN ]', RISING],
    ['http', 'routes', 'no', "'no'", 'true or false'],
    ['http', 'ignore', '/health', "'/health'", IGNORE],
    ['http', 'ignore', ['health'], "[ 'health' ]", IGNORE],
    ['http', 'ignore', [5], '[ 5 ]', IGNORE],
    ['http', 'sizes', 1, '1', 'true or false'],
    ['http', 'handlers', 'yes', "'yes'", 'true or false'],
    ['http', 'labels', { route: () => 'x' }, '{ route: [Function: route] }', ROUTE_LABELS],
    ['http', 'labels', { 'a-b': () => 'x' }, "{ 'a-b': [Function: a-b] }", ROUTE_LABELS],
    ['http', 'labels', { tenant: 'x' }, "{ tenant: 'x' }", ROUTE_LABELS],
    ['http', 'labels', [], '[]', ROUTE_LABELS],
    ['slo', 'availability', 1, '1', SHARE],
    ['slo', 'availability', 0, '0', SHARE],
    ['slo', 'availability', 99.9, '99.9', SHARE],
    ['slo', 'availability', '0.999', "'0.999'", SHARE],
    ['slo', 'latency', 0.25, '0.25', 'an object of thresholdSeconds and objective'],
    [
      'slo',
      'latency',
      { objective: 0.9 },
      '{ objective: 0.9 }',
      'an object of thresholdSeconds and objective',
    ],
    ['seriesBudget', 'perFamily', 0, '0', 'a whole number of at least 1'],
    ['seriesBudget', 'perFamily', '5', "'5'", 'a whole number of at least 1'],
    ['seriesBudget', 'total', 1.5, '1.5', 'a whole number of at least 1'],
    ['seriesBudget', 'total', Infinity, 'Infinity', 'a whole number of at least 1'],
    ['cluster', 'timeoutMs', 0, '0', TIMEOUT],
    ['cluster', 'workerLabel', 'pid', "'pid'", 'true or false'],
    ['cluster', 'hub', '', "''", 'a non-empty string'],
    ['pools', 'perPool', 1, '1', 'true or false'],
    ['pools', 'leakThresholdMs', 0, '0', TIMEOUT],
    ['pools', 'leakThresholdMs', true, 'true', TIMEOUT],
    ['queryTimer', 'thresholdMs', -1, '-1', MILLISECONDS],
    ['queryTimer', 'thresholdMs', Number.NaN, 'NaN', MILLISECONDS],
    ['queryTimer', 'drainTimeoutMs', '5s', "'5s'", MILLISECONDS],
    ['queryTimer', 'drainTimeoutMs', Infinity, 'Infinity', MILLISECONDS],
    [
      'queryTimer',
      'slowQueryLog',
      'on',
      "'on'",
      'true, false or an object of table, flushIntervalSeconds and explain',
    ],
    ['performance', 'slowQueryThresholdMs', '1s', "'1s'", MILLISECONDS],
    ['performance', 'nPlusOneThreshold', 1, '1', 'a whole number of at least 2'],
    ['performance', 'nPlusOneThreshold', 2.5, '2.5', 'a whole number of at least 2'],
    ['performance', 'nPlusOneIgnore', '/books', "'/books'", N_PLUS_ONE_IGNORE],
    ['performance', 'nPlusOneIgnore', [''], "[ '' ]", N_PLUS_ONE_IGNORE],
    ['performance', 'nPlusOneIgnore', [/a/, 5], '[ /a/, 5 ]', N_PLUS_ONE_IGNORE],
    ['performance', 'nPlusOneIgnore', [undefined], '[ undefined ]', N_PLUS_ONE_IGNORE],
    ['performance', 'failOnNPlusOne', 'ci', "'ci'", 'true or false'],
    ['performance', 'slowQueryParameters', 1, '1', 'true or false'],
    ['performance', 'routes', 'on', "'on'", 'true or false'],
    ['performance', 'statements', 5, '5', 'true, false or an object of limit'],
    ['http', 'serverTiming', 1, '1', 'true or false'],
    ['http', 'exceptions', 1, '1', 'true, false or an object of clientErrors'],
    ['httpClient', 'maxHosts', 0, '0', 'a whole number of at least 1'],
    ['httpClient', 'ignore', ['http://a/'], "[ 'http://a/' ]", HTTP_CLIENT_IGNORE],
    ['httpClient', 'ignore', ['a/b'], "[ 'a/b' ]", HTTP_CLIENT_IGNORE],
    ['httpClient', 'ignore', ['user@host'], "[ 'user@host' ]", HTTP_CLIENT_IGNORE],
    ['httpClient', 'ignore', [''], "[ '' ]", HTTP_CLIENT_IGNORE],
    ['httpClient', 'buckets', [], '[]', 'a non-empty array of numbers'],
    ['statementCache', 'maxEntries', 0, '0', 'a whole number of at least 1'],
    ['statementCache', 'minUses', 1.5, '1.5', 'a whole number of at least 1'],
    ['statementCache', 'maxTextLength', '1k', "'1k'", 'a whole number of at least 1'],
    ['statementCache', 'deny', 'SELECT', "'SELECT'", DENY],
    ['statementCache', 'deny', [5], '[ 5 ]', DENY],
    ['statementCache', 'planGuard', 'on', "'on'", 'true or false'],
    ['statementCache', 'sessionPooler', 1, '1', 'true or false'],
    ['healthChecker', 'intervalSeconds', 0, '0', INTERVAL],
    ['healthChecker', 'intervalSeconds', -30, '-30', INTERVAL],
    ['healthChecker', 'intervalSeconds', 2_147_484, '2147484', INTERVAL],
    ['healthChecker', 'timeoutMs', 0, '0', TIMEOUT],
    ['healthChecker', 'failureThreshold', 0, '0', 'a whole number of at least 1'],
    ['healthChecker', 'failureThreshold', 1.5, '1.5', 'a whole number of at least 1'],
    ['endpoint', 'maxConcurrentScrapes', 0, '0', 'a whole number of at least 1'],
    ['endpoint', 'maxConcurrentScrapes', 1.5, '1.5', 'a whole number of at least 1'],
    ['endpoint', 'maxConcurrentScrapes', '5', "'5'", 'a whole number of at least 1'],
    ['endpoint', 'maxConcurrentScrapes', Infinity, 'Infinity', 'a whole number of at least 1'],
    ['endpoint', 'collectorTimeoutMs', 0, '0', TIMEOUT],
    ['endpoint', 'collectorTimeoutMs', -1, '-1', TIMEOUT],
    ['endpoint', 'collectorTimeoutMs', Number.NaN, 'NaN', TIMEOUT],
    ['endpoint', 'collectorTimeoutMs', 2 ** 31, '2147483648', TIMEOUT],
    ['endpoint', 'collectorTimeoutMs', '5s', "'5s'", TIMEOUT],
    ['endpoint', 'openMetrics', 'yes', "'yes'", 'true or false'],
    ['endpoint', 'compression', 'gzip', "'gzip'", 'true or false'],
    ['endpoint', 'page', '/live', "'/live'", 'true, false or an object of historyMinutes'],
    ['endpoint', 'decorators', {}, '{}', 'an array of method decorators, such as [Public()]'],
    [
      'endpoint',
      'decorators',
      ['Public'],
      "[ 'Public' ]",
      'an array of method decorators, such as [Public()]',
    ],
  ])('%s.%s: %j', (parent, name, value, shown, allowed) => {
    expect(resolving({ [parent]: { [name]: value } })).toThrow(
      invalid(`${parent}.${name} is ${shown}; allowed: ${allowed}`),
    );
  });

  it.each([
    ['table', 'drop table', "'drop table'", 'a name of letters, digits and "_", with or without a schema'],
    ['table', 'a"b', "'a\"b'", 'a name of letters, digits and "_", with or without a schema'],
    ['flushIntervalSeconds', 0, '0', INTERVAL],
  ])('queryTimer.slowQueryLog.%s: %j', (name, value, shown, allowed) => {
    expect(resolving({ queryTimer: { slowQueryLog: { [name]: value } } })).toThrow(
      invalid(`queryTimer.slowQueryLog.${name} is ${shown}; allowed: ${allowed}`),
    );
  });

  it.each([0, 241, 1.5])('endpoint.page.historyMinutes: %s', (historyMinutes) => {
    expect(resolving({ endpoint: { page: { historyMinutes } } })).toThrow(
      invalid(
        `endpoint.page.historyMinutes is ${historyMinutes}; allowed: a whole number of minutes from 1 to 240`,
      ),
    );
  });

  it.each([
    ['thresholdSeconds', 0, '0', 'a number of seconds above 0'],
    ['thresholdSeconds', Infinity, 'Infinity', 'a number of seconds above 0'],
    ['objective', 1, '1', SHARE],
    ['objective', undefined, 'undefined', SHARE],
  ])('slo.latency.%s: %j', (name, value, shown, allowed) => {
    const latency = { thresholdSeconds: 0.25, objective: 0.99, [name]: value };
    expect(resolving({ slo: { latency } })).toThrow(
      invalid(`slo.latency.${name} is ${shown}; allowed: ${allowed}`),
    );
  });

  it('objectives that have no requests, or no objective', () => {
    expect(messageOf({ http: false, slo: { availability: 0.9 } })).toContain(
      'slo has no effect with http: false',
    );
    expect(messageOf({ slo: {} })).toContain('slo has neither availability nor latency');
    expect(messageOf({ slo: undefined })).toBe('');
    expect(messageOf({ http: true, slo: { availability: 0.9 } })).toBe('');
  });

  it('performance.statements.limit', () => {
    expect(resolving({ performance: { statements: { limit: 0 } } })).toThrow(
      invalid('performance.statements.limit is 0; allowed: a whole number of at least 1'),
    );
  });

  const access = { bearerToken: 'hunter2 ' };
  it.each<[string, unknown]>([
    ['a map', new Map([['bearerToken', 'hunter2']])],
    ['a map of maps', new Map([['endpoint', new Map([['bearerToken', 'hunter2']])]])],
    ['the entries of an object', Object.entries({ bearerToken: 'hunter2' })],
    ['a set of entries', new Set([['password', 'hunter2']])],
    ['a promise of options', Promise.resolve({ endpoint: access })],
    ['headers', new Headers({ Authorization: 'hunter2' })],
    ['a function with properties', Object.assign(() => {}, { token: 'hunter2' })],
    ['an error with properties', Object.assign(new Error('hunter2'), access)],
    ['bytes', new TextEncoder().encode('hunter2')],
    ['a generator', [access][Symbol.iterator]()],
    ['a deep map', [[[new Map([['bearerToken', 'hunter2']])]]]],
  ])('without what %s has in it', (_what, value) => {
    for (const options of [value, { endpoint: value }, { defaultLabels: value }, { unknown: value }]) {
      const message = messageOf(options);
      expect(message).toMatch(/HyperMetricsModule cannot start with these options:|^$/);
      expect(message).not.toContain('hunter2');
      expect(message).not.toContain('104, 117');
    }
  });

  it('maps with what is no credential', () => {
    const map = new Map<string, unknown>([
      ['app', 'shop'],
      ['apiToken', 'hunter2'],
    ]);
    expect(messageOf({ defaultLabels: map })).toContain(
      "Map(2) { 'app' => 'shop', 'apiToken' => '[hidden]' }",
    );
  });

  it.each(['shop:50%', 'shop:%zz', '%:hunter2'])('a Pushgateway that Node asks with %s', (user) => {
    const message = messageOf({ pushOnShutdown: { url: `http://${user}@gateway:9091`, jobName: 'night' } });
    expect(message).toContain('pushOnShutdown.url is [hidden]; allowed: the URL of a Pushgateway');
    expect(message).toContain('a "%" in its user or password is written "%25"');
    expect(message).not.toMatch(/50|zz|hunter2/);
    const written = `http://${user.replace('%', '%25')}@gateway:9091/100%`;
    expect(messageOf({ pushOnShutdown: { url: written, jobName: 'night' } })).toBe('');
  });

  it('without the credentials in the URL of a database', () => {
    const message = messageOf({ dataSources: ['postgres://shop:hunter2@db.internal/shop'] });
    expect(message).toContain(DATA_SOURCES);
    expect(message).not.toContain('hunter2');
  });

  it('http.labels that have no family to be on', () => {
    expect(messageOf({ http: { routes: false, labels: { tenant: () => 'x' } } })).toContain(
      'http.labels has no effect with http.routes: false',
    );
    expect(messageOf({ http: { routes: false, labels: {} } })).toBe('');
  });

  it.each([
    ['guards', [undefined, [], [1], {}, null]],
    ['bearerToken', [undefined, '', [], [undefined], ['a', ''], 'a b', 'a\n', 5, null, {}]],
    ['allowIps', [undefined, '', [], '10.0.0.1', ['x'], [''], ['10.0.0.0/33'], [undefined], null]],
    ['basicAuth', [undefined, '', [], {}, { username: 'u' }, { password: 'p' }, 'u:p', null]],
    ['port', [undefined, -1, 65_536, 1.5, '9464', Number.NaN, null]],
  ])('endpoint.%s that says nothing, or nothing that can be used', (name, values) => {
    for (const value of values) {
      expect(messageOf({ endpoint: { [name]: value } })).toContain(`endpoint.${name} is `);
    }
  });

  it.each([
    ['username', undefined],
    ['username', ''],
    ['username', 'a:b'],
    ['username', 'a\n'],
    ['password', undefined],
    ['password', ''],
    ['password', []],
    ['password', [undefined]],
    ['password', 'hunter2\n'],
  ])('endpoint.basicAuth.%s: %j', (name, value) => {
    const basicAuth = { username: 'prometheus', password: 'hunter2', [name]: value };
    const message = messageOf({ endpoint: { basicAuth } });
    expect(message).toContain(`endpoint.basicAuth.${name} is `);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    { bearerToken: 'hunter2 hunter2' },
    { bearerToken: ['hunter2 hunter2'] },
    { bearerToken: ['hunter2', ''] },
    { basicAuth: 'hunter2' },
    { basicAuth: { password: 'hunter2' } },
    { basicAuth: { username: 'u', password: ['hunter2', ''] } },
  ])('the endpoint’s access without the secret: %j', (endpoint) => {
    const message = messageOf({ endpoint });
    expect(message).toContain('[hidden]');
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['url', [undefined, '', 'gateway:9091', 'ftp://gateway', 5]],
    ['jobName', [undefined, '', 'a/b', '..', 5]],
    ['groupings', [[], { 'a-b': 'x' }, { job: 'x' }, { shard: 1 }]],
    ['mode', ['put']],
    ['headers', [[], { a: 1 }]],
    ['timeoutMs', [0, -1, Number.NaN, '5s']],
    ['retries', [-1, 0.5, 101, '2']],
  ])('pushOnShutdown.%s that cannot be used', (name, values) => {
    for (const value of values) {
      const target = { url: 'http://shop:hunter2@gateway:9091', jobName: 'night', [name]: value };
      const message = messageOf({ pushOnShutdown: target });
      expect(message).toContain(`pushOnShutdown.${name} is `);
      expect(message).not.toContain('hunter2');
    }
  });

  it.each([
    [
      { Authorization: 'Bearer hunter2\n' },
      'the value of "Authorization" has characters that HTTP does not allow',
    ],
    [{ Authorization: 'Bearer hunter2\r\nx: y' }, 'the value of "Authorization" has characters'],
    [{ 'X-Key': 'hunter2\u{1f511}' }, 'the value of "X-Key" has characters'],
    [{ 'Authorization: Bearer hunter2': '' }, 'one of the names has characters that HTTP does not allow'],
    [{ '': 'hunter2' }, 'one of the names has characters that HTTP does not allow'],
    [{ 'Content-Length': '7' }, 'an object of strings without "Content-Length", which the client sets'],
  ])('pushOnShutdown.headers that Node cannot send, without their values: %j', (headers, problem) => {
    const message = messageOf({ pushOnShutdown: { url: 'http://gateway', jobName: 'night', headers } });
    expect(message).toContain('pushOnShutdown.headers is [hidden]; allowed: an object of strings');
    expect(message).toContain(problem);
    expect(message).not.toContain('hunter2');
  });

  it('no headers that can be sent', () => {
    const headers = { Authorization: 'Bearer hunter2', 'X-Latin': 'caf\u00e9\t' };
    expect(messageOf({ pushOnShutdown: { url: 'http://gateway', jobName: 'night', headers } })).toBe('');
  });

  it.each([{}, { url: 'http://gateway' }, { jobName: 'night' }, [], true, 'http://gateway'])(
    'pushOnShutdown: %j',
    (value) =>
      expect(messageOf({ pushOnShutdown: value })).toContain('allowed: an object of url and jobName'),
  );

  it('what a port of its own cannot have, and what needs one', () => {
    const guard = { canActivate: () => true };
    expect(messageOf({ endpoint: { port: 9464, guards: [guard] } })).toContain(
      'endpoint.guards has no effect with endpoint.port',
    );
    expect(messageOf({ endpoint: { port: 9464, decorators: [() => {}] } })).toContain(
      'endpoint.decorators has no effect with endpoint.port',
    );
    expect(messageOf({ endpoint: { host: '0.0.0.0' } })).toContain(
      'endpoint.host has no effect without endpoint.port',
    );
    expect(messageOf({ endpoint: { port: 0, host: '::', decorators: [], bearerToken: 'x' } })).toBe('');
  });

  it('all of them at once', () => {
    expect(resolving({ enabled: 1, http: { routes: 2 } })).toThrow(
      invalid('enabled is 1; allowed: true or false', 'http.routes is 2; allowed: true or false'),
    );
  });

  it.each([
    ['null', null],
    ["'shop_'", 'shop_'],
    ['[]', []],
    ['[Promise]', Promise.resolve({})],
  ])('the options themselves: %s', (shown, options) => {
    expect(resolving(options)).toThrow(invalid(`the options are ${shown}; allowed: an object`));
  });
});

describe('an unknown option', () => {
  const ENDPOINT =
    'endpoint.decorators, endpoint.guards, endpoint.bearerToken, endpoint.basicAuth, endpoint.allowIps, endpoint.port, ' +
    'endpoint.host, endpoint.maxConcurrentScrapes, endpoint.collectorTimeoutMs, endpoint.openMetrics, endpoint.compression, ' +
    'endpoint.page';
  const HTTP =
    'http.buckets, http.routes, http.ignore, http.sizes, http.labels, http.handlers, http.serverTiming, ' +
    'http.exceptions';
  const TOP =
    'enabled, path, prefix, version, defaultLabels, registry, runtimeMetrics, http, httpClient, slo, exemplars, endpoint, ' +
    'nativeHistograms, seriesBudget, cluster, dataSources, pools, performance, queryTimer, statementCache, healthChecker, schedules, pushOnShutdown';

  it('fails with its name, its value and the known ones', () => {
    expect(resolving({ prefx: 'shop_' })).toThrow(
      invalid(`unknown option prefx (value 'shop_'); allowed: ${TOP}. Did you mean prefix?`),
    );
  });

  it.each([
    [{ PATH: '/m' }, 'path'],
    [{ http: { bucket: [1] } }, 'http.buckets'],
    [{ http: { exceptions: { clientError: true } } }, 'http.exceptions.clientErrors'],
    [{ buckets: [1] }, 'http.buckets or httpClient.buckets'],
    [{ http: { port: 9 } }, 'endpoint.port'],
    [{ bearerToken: 'x' }, 'endpoint.bearerToken'],
  ])('names the option that was meant, also where it is in another object: %j', (options, meant) => {
    expect(messageOf(options)).toMatch(new RegExp(`\\. Did you mean ${meant.replaceAll('.', '\\.')}\\?$`));
  });

  it('gets no guess where none is near', () => {
    expect(messageOf({ whatever: 5 })).not.toContain('Did you mean');
  });

  it.each([
    ['http', 'nothing', '9', HTTP],
    ['endpoint', 'prt', '[hidden]', `${ENDPOINT}. Did you mean endpoint.port?`],
    ['endpoint', 'guard', '[hidden]', `${ENDPOINT}. Did you mean endpoint.guards?`],
  ])('%s.%s is found in its parent', (parent, name, shown, allowed) => {
    expect(resolving({ [parent]: { [name]: 9 } })).toThrow(
      invalid(`unknown option ${parent}.${name} (value ${shown}); allowed: ${allowed}`),
    );
  });

  it.each([
    { endpoint: { bearerTokn: 'hunter2' } },
    { endpoint: { bearerTokn: ['hunter2'] } },
    { endpoint: { tken: () => 'hunter2' } },
    { endpoint: { basicAth: { username: 'u', pasword: 'hunter2' } } },
    { endpoint: { basicAuth: { username: 'u', password: 'p', pasword: 'hunter2' } } },
    { endpoint: { decorators: { bearerTokn: 'hunter2' } } },
    { endpoint: { allowIps: [{ bearerTokn: 'hunter2' }] } },
    { endpoint: 'hunter2' },
    { endpoint: ['hunter2'] },
    { pushOnShutdown: { url: 'http://g', jobName: 'j', haeders: { Authorization: 'hunter2' } } },
    { pushOnShutdown: { url: 'http://g', jobName: 'j', mode: { bearr: 'hunter2' } } },
    { pushOnShutdown: { url: 'http://g', jobName: 'j', jobNam: 'hunter2' } },
    { bearerToken: 'hunter2' },
    { bearerTokn: 'hunter2' },
    { basicAth: 'hunter2' },
    { pasword: 'hunter2' },
    { pussOnShutdown: 'hunter2' },
    { pushOnShutdwn: { url: 'http://user:hunter2@g' } },
    { endpont: { value: 'hunter2' } },
    { endpont: 'hunter2' },
    { unknown: { value: ['hunter2'] } },
    { http: { serverTimin: false, bearr: 'hunter2' } },
    { http: 'http://user:hunter2@host' },
    { cluster: { hubb: 'http://user:hunter2@host' } },
  ])('that may be a secret with a typing error is not printed: %j', (options) => {
    const message = messageOf(options);
    expect(message).toContain('HyperMetricsModule cannot start with these options');
    expect(message).not.toContain('hunter2');
  });

  it.each([
    [{ prefxi: 'shop_' }, "'shop_'"],
    [{ pth: '/m' }, "'/m'"],
    [{ http: { route: false } }, 'false'],
    [{ whatever: 5 }, '5'],
  ])('with a typing error shows what is no secret: %j', (options, shown) => {
    expect(messageOf(options)).toContain(`(value ${shown})`);
  });

  it('fails even when it is undefined, for a typing error is one with or without a value', () => {
    expect(messageOf({ prefx: undefined })).toContain('unknown option prefx (value undefined)');
  });

  it.each(['constructor', 'toString', '__proto__'])('may be named %s', (name) => {
    const options: unknown = JSON.parse(`{ "${name}": 1 }`);
    expect(messageOf(options)).toContain(`unknown option ${name} (value 1)`);
  });

  it.each([
    ['named like one', { bearerToken: 'hunter2' }],
    ['named like one in its parent', { endpoint: { basicAuth: { user: 'admin', password: 'hunter2' } } }],
    ['inside an unknown object', { endpoints: { bearerToken: 'hunter2' } }],
    ['inside an unknown object of an object', { push: { gateway: { password: 'hunter2' } } }],
    ['inside an unknown list', { targets: [{ apiKey: 'hunter2' }] }],
    ['inside an object where a list belongs', { endpoint: { decorators: { bearerToken: 'hunter2' } } }],
    ['inside a list where an object belongs', { endpoint: [{ bearerToken: 'hunter2' }] }],
  ])('that holds a secret does not print it: %s', (_, options) => {
    const message = messageOf(options);
    expect(message).toContain('HyperMetricsModule cannot start with these options');
    expect(message).not.toContain('hunter2');
  });
});

describe('a value that cannot be read fails with the name of its option:', () => {
  const revoked = <T extends object>(target: T): T => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const fails = (): never => {
    throw new Error('hunter2 is missing');
  };
  const values: readonly [string, () => unknown][] = [
    ['a revoked proxy', () => revoked({})],
    ['a revoked list', () => revoked([])],
    ['a list of a revoked proxy', () => [revoked({})]],
    ['an object of a revoked proxy', () => ({ value: revoked({}) })],
    ['a proxy that throws', () => new Proxy({}, { get: fails, has: fails, ownKeys: fails })],
    ['a proxy without keys', () => new Proxy({}, { ownKeys: fails })],
    [
      'an object with a getter that throws',
      () => Object.defineProperty({}, 'value', { enumerable: true, get: fails }),
    ],
    ['an object with a tag that throws', () => Object.defineProperty({}, Symbol.toStringTag, { get: fails })],
  ];
  const names = [
    'enabled',
    'path',
    'defaultLabels',
    'registry',
    'http',
    'slo',
    'endpoint',
    'dataSources',
    'pushOnShutdown',
    'http.buckets',
    'http.ignore',
    'http.labels',
    'http.exceptions',
    'endpoint.bearerToken',
    'endpoint.basicAuth',
    'endpoint.allowIps',
    'endpoint.guards',
    'performance.nPlusOneIgnore',
    'nativeHistograms.maxBuckets',
  ];
  const secrets = ['endpoint', 'pushOnShutdown', 'endpoint.bearerToken', 'endpoint.basicAuth'];
  const optionsWith = (path: string, descriptor: PropertyDescriptor): object =>
    path.split('.').reduceRight<PropertyDescriptor>(
      (inner, name) => ({
        value: Object.defineProperty({}, name, { ...inner, enumerable: true }) as unknown,
      }),
      descriptor,
    ).value as object;

  it.each(names.flatMap((name) => values.map(([what, make]) => [name, what, make] as const)))(
    '%s: %s',
    (name, _, make) => {
      expect(messageOf(optionsWith(name, { value: make() }))).toMatch(
        new RegExp(`^  - .*\\b${name}\\b`, 'm'),
      );
    },
  );

  it.each(names)('%s: a getter that throws', (name) => {
    const message = messageOf(optionsWith(name, { get: fails }));
    expect(message).toMatch(new RegExp(`^  - ${name} is unreadable`, 'm'));
    expect(message.includes('hunter2')).toBe(!secrets.includes(name));
  });

  it.each(values.filter(([what]) => what.includes('proxy') && !what.includes(' of ')))(
    'the options themselves: %s',
    (_, make) => {
      expect(messageOf(make())).toContain('the options are unreadable');
    },
  );

  const HOLE: unknown[] = [];
  HOLE.length = 1;

  it('reads each option once: what is checked is what is used', () => {
    const answers = ['shop_', 'not a prefix'];
    const options = {
      get prefix() {
        return answers.shift();
      },
    };
    expect(resolving(options)()).toMatchObject({ prefix: 'shop_' });
  });

  it.each([{ http: { ignore: HOLE } }, { http: { buckets: HOLE } }, { endpoint: { bearerToken: HOLE } }])(
    'holes of a list are no values: %j',
    (options) => expect(messageOf(options)).toContain('allowed: '),
  );
});
