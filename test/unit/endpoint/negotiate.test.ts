import { describe, expect, it } from 'vitest';
import { acceptedEncodings, preferredFormat } from '../../../src/endpoint/negotiate.js';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const PROMETHEUS_3_TEXT =
  'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1';

describe('OpenMetrics is what', () => {
  it.each([
    ['Prometheus 2 asks for', PROMETHEUS_2],
    ['Prometheus 3 asks for', PROMETHEUS_3],
    ['names it alone', 'application/openmetrics-text'],
    ['names its version in quotes, in other case', 'Application/OpenMetrics-Text; Version="1.0.0"'],
    ['likes both', 'text/plain, application/openmetrics-text'],
    ['likes anything but text', 'application/openmetrics-text;q=0.1, text/plain;q=0, */*'],
  ])('%s', (_, accept) => {
    expect(preferredFormat(accept, { openMetrics: true })).toBe('openMetrics');
  });
});

describe('the text format is for whoever', () => {
  it.each([
    ['does not say', undefined],
    ['says nothing', ''],
    ['takes anything', '*/*'],
    ['takes any application type', 'application/*'],
    ['is a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['prefers it', PROMETHEUS_3_TEXT],
    ['prefers any text', 'application/openmetrics-text;q=0.4, text/*;q=0.5'],
    ['wants another version', 'application/openmetrics-text; version=0.0.1, text/plain;q=0.1'],
    ['rules OpenMetrics out', 'application/openmetrics-text;q=0, */*'],
    ['cannot be understood', 'application/openmetrics-text;q=high'],
    ['likes OpenMetrics out of proportion', 'application/openmetrics-text;q=7'],
  ])('%s', (_, accept) => {
    expect(preferredFormat(accept, { openMetrics: true })).toBe('text');
  });
});

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
const OTHERS =
  'application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

describe('protobuf is what', () => {
  it.each([
    ['Prometheus asks for that stores native histograms', `${PROTOBUF},${OTHERS}`],
    ['names it alone', PROTOBUF],
    ['Prometheus 1 asks for', `${PROTOBUF};q=0.7,text/plain;version=0.0.4;q=0.3,*/*;q=0.1`],
    [
      'names its parameters in quotes, in other case and order',
      'Application/Vnd.Google.Protobuf; Encoding="delimited" ; Proto="io.prometheus.client.MetricFamily"',
    ],
    ['likes all as much', `text/plain, application/openmetrics-text, ${PROTOBUF}`],
    ['likes anything but text', `${PROTOBUF};q=0.1, text/plain;q=0, */*`],
    ['has more parameters', `${PROTOBUF};escaping=allow-utf-8;q=0.6,text/plain;q=0.3`],
  ])('%s', (_, accept) => {
    expect(preferredFormat(accept, { openMetrics: true })).toBe('protobuf');
    expect(preferredFormat(accept, { openMetrics: false })).toBe('protobuf');
  });
});

describe('protobuf is nothing for whoever', () => {
  it.each([
    ['prefers text', `${PROTOBUF};q=0.4,text/plain;q=0.5`],
    ['prefers any text', `${PROTOBUF};q=0.4,text/*;q=0.5`],
    ['rules it out', `${PROTOBUF};q=0,*/*`],
    ['takes any application type', 'application/*'],
    ['names no encoding', 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily'],
    ['names no message', 'application/vnd.google.protobuf;encoding=delimited'],
    ['names nothing but the type', 'application/vnd.google.protobuf'],
    ['wants it as text', PROTOBUF.replace('delimited', 'text')],
    ['wants it as compact text', PROTOBUF.replace('delimited', 'compact-text')],
    ['wants another message', PROTOBUF.replace('MetricFamily', 'Metric')],
    ['cannot be understood', `${PROTOBUF};q=high`],
  ])('%s', (_, accept) => {
    expect(preferredFormat(accept, { openMetrics: true })).toBe('text');
  });

  it('prefers OpenMetrics, where that is switched on', () => {
    const accept = `${PROTOBUF};q=0.5,application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.1`;
    expect(preferredFormat(accept, { openMetrics: true })).toBe('openMetrics');
    expect(preferredFormat(accept, { openMetrics: false })).toBe('protobuf');
  });

  it('prefers another form of protobuf', () => {
    const accept = `${PROTOBUF.replace('delimited', 'text')},${PROTOBUF};q=0.2,text/plain;q=0.3`;
    expect(preferredFormat(accept, { openMetrics: true })).toBe('text');
  });
});

describe('OpenMetrics, where it is not switched on,', () => {
  it('is answered with text', () => {
    expect(preferredFormat(PROMETHEUS_2, { openMetrics: false })).toBe('text');
  });
});

describe('content codings', () => {
  const least = Number.MIN_VALUE;

  it.each([
    [undefined, 0, least],
    ['', 0, least],
    ['gzip', 1, least],
    ['x-gzip', 1, least],
    ['GZIP ; Q=0.5', 0.5, least],
    ['gzip, deflate, br', 1, least],
    ['deflate, br', 0, least],
    ['gzip;q=0', 0, least],
    ['identity', 0, 1],
    ['identity;q=0', 0, 0],
    ['identity;q=0, gzip;q=0.1', 0.1, 0],
    ['gzip;q=0.5, identity;q=0.9', 0.5, 0.9],
    ['*', 1, 1],
    ['*;q=0', 0, 0],
    ['gzip, *;q=0', 1, 0],
    ['*;q=0.3, gzip;q=0', 0, 0.3],
    ['identity, *;q=0', 0, 1],
    ['gzip;q=1.5', 0, least],
    ['gzip;q=1.000', 1, least],
    ['gzip;q=0.', 0, least],
    ['gzip;q=0x1', 0, least],
    ['gzip;q="1"', 0, least],
    ['gzip;q=1e0', 0, least],
    ['gzip;q=.5', 0, least],
    ['gzip;q=', 0, least],
    [';;,,=', 0, least],
  ])('%j: gzip %d, identity %d', (header, gzip, identity) => {
    expect(acceptedEncodings(header)).toEqual({ gzip, identity });
  });
});
