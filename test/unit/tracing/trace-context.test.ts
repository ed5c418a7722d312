import { describe, expect, it } from 'vitest';
import { labelsOfSpan, labelsOfTraceparent } from '../../../src/tracing/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const LABELS = { trace_id: TRACE, span_id: SPAN };

describe('the labels of a traceparent', () => {
  it.each([
    ['version 00', `00-${TRACE}-${SPAN}-01`],
    ['further flags', `00-${TRACE}-${SPAN}-ff`],
    ['a later version', `01-${TRACE}-${SPAN}-01`],
    ['a later version with further parts', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`],
    ['a later version with an empty part', `01-${TRACE}-${SPAN}-01-`],
  ])('are its ids: %s', (_, header) => {
    expect(labelsOfTraceparent(header)).toEqual(LABELS);
  });

  it.each([
    ['it is not sampled', `00-${TRACE}-${SPAN}-00`],
    ['only other flags are set', `00-${TRACE}-${SPAN}-02`],
    ['version 00 has further parts', `00-${TRACE}-${SPAN}-01-more`],
    ['version 00 ends in a dash', `00-${TRACE}-${SPAN}-01-`],
    ['its version is ff', `ff-${TRACE}-${SPAN}-01`],
    ['its version has one digit', `0-${TRACE}-${SPAN}-01`],
    ['the trace id is 0', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['the span id is 0', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the trace id is short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['the trace id is long', `00-${TRACE}0-${SPAN}-01`],
    ['the span id is long', `00-${TRACE}-${SPAN}0-01`],
    ['an id is upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['an id is not hexadecimal', `00-${TRACE.replace('4', 'g')}-${SPAN}-01`],
    ['the flags have one digit', `00-${TRACE}-${SPAN}-1`],
    ['the flags have three digits', `01-${TRACE}-${SPAN}-011`],
    ['there are no flags', `00-${TRACE}-${SPAN}`],
    ['there are spaces', ` 00-${TRACE}-${SPAN}-01`],
    ['two headers were joined', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['it is empty', ''],
    ['it is long', '0'.repeat(10_000)],
    ['it is a list', [`00-${TRACE}-${SPAN}-01`]],
    ['it is missing', undefined],
  ])('are missing where %s', (_, header) => {
    expect(labelsOfTraceparent(header)).toBeUndefined();
  });
});

describe('the labels of a span', () => {
  it('are its ids where it is sampled', () => {
    expect(labelsOfSpan({ traceId: TRACE, spanId: SPAN, traceFlags: 1 })).toEqual(LABELS);
    expect(labelsOfSpan({ traceId: TRACE, spanId: SPAN, traceFlags: 3 })).toEqual(LABELS);
  });

  it('are null where it is not sampled', () => {
    expect(labelsOfSpan({ traceId: TRACE, spanId: SPAN, traceFlags: 0 })).toBeNull();
    expect(labelsOfSpan({ traceId: TRACE, spanId: SPAN, traceFlags: 2 })).toBeNull();
  });

  it('are missing where there is no SDK', () => {
    const none = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 };
    expect(labelsOfSpan(none)).toBeUndefined();
  });

  it.each([
    ['a short trace id', { traceId: 'abc' }, 'a trace id of 3 characters'],
    ['a long trace id', { traceId: `${TRACE}0` }, 'a trace id of 33 characters'],
    ['a trace id with other characters', { traceId: '"'.repeat(32) }, 'a trace id of 32 characters'],
    ['no trace id', { traceId: undefined as never }, 'a trace id of type undefined'],
    ['a short span id', { spanId: '1' }, 'a span id of 1 characters'],
    ['a span id of 0', { spanId: '0'.repeat(16) }, 'a span id of 16 characters'],
    ['a number as span id', { spanId: 7 as never }, 'a span id of type number'],
  ])('are an error with %s', (_, change, message) => {
    expect(() => labelsOfSpan({ traceId: TRACE, spanId: SPAN, traceFlags: 1, ...change })).toThrow(message);
  });
});
