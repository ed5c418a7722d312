import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ExemplarFunction } from '../../../src/options/hyper-metrics-options.interface.js';
import { callBackIn, RequestScope, runInScope } from '../../../src/request-scope/request-scope.js';
import { createTraceSource } from '../../../src/tracing/trace-source.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const LABELS = { trace_id: TRACE, span_id: SPAN };
const HEADERS = { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } };
const HEADER_LABELS = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) };
const API = Symbol.for('opentelemetry.js.api.1');

/** Registers on the global object as OpenTelemetry's API does: the object stays, its properties come and go. */
function registerApi(api: object | undefined): void {
  const globals = globalThis as Record<symbol, object | undefined>;
  if (api !== undefined) {
    globals[API] = Object.assign(globals[API] ?? {}, api);
  }
}

const contextOf = (span: unknown) => ({
  version: '1.4.0',
  context: {
    active: () => ({
      getValue: (key: symbol) => (key === Symbol.for('OpenTelemetry Context Key SPAN') ? span : undefined),
    }),
  },
});
const spanOf = (change: object = {}) => ({
  spanContext: () => ({ traceId: TRACE, spanId: SPAN, traceFlags: 1, ...change }),
});

function scopeWith(trace: typeof LABELS | undefined): RequestScope {
  const scope = new RequestScope({});
  scope.trace = trace;
  return scope;
}

function setUp(exemplars: true | ExemplarFunction = true) {
  const onFault = vi.fn<(error: unknown) => void>();
  return { onFault, traces: createTraceSource(exemplars, onFault) };
}

const messages = ({ mock }: ReturnType<typeof setUp>['onFault']) =>
  mock.calls.map(([error]) => (error as Error).message);

afterEach(() => {
  const api = (globalThis as Record<symbol, { context?: unknown } | undefined>)[API];
  delete api?.context;
});

describe('the trace of running code, with exemplars: true,', () => {
  it('is that of the active span', () => {
    registerApi(contextOf(spanOf()));
    const { traces, onFault } = setUp();
    expect(traces.current()).toEqual(LABELS);
    expect(traces.ofRequest(HEADERS)).toEqual(LABELS);
    expect(onFault).not.toHaveBeenCalled();
  });

  it.each([
    ['there is no API', undefined],
    ['no context manager is registered', { version: '1.0.0' }],
    ['no span is active', contextOf(undefined)],
    [
      'the tracer has no SDK',
      contextOf(spanOf({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })),
    ],
  ])("is the request's where %s", (_, api) => {
    registerApi(api);
    const { traces, onFault } = setUp();
    expect(traces.current()).toBeUndefined();
    expect(runInScope(scopeWith(HEADER_LABELS), () => traces.current())).toEqual(HEADER_LABELS);
    expect(traces.ofRequest(HEADERS)).toEqual(HEADER_LABELS);
    expect(traces.ofRequest({ headers: {} })).toBeUndefined();
    expect(traces.ofRequest({})).toBeUndefined();
    expect(onFault).not.toHaveBeenCalled();
  });

  it('is none where the active span is not sampled, whatever the header says', () => {
    registerApi(contextOf(spanOf({ traceFlags: 0 })));
    const { traces } = setUp();
    expect(runInScope(scopeWith(HEADER_LABELS), () => traces.current())).toBeUndefined();
    expect(traces.ofRequest(HEADERS)).toBeNull();
  });

  it('is found in each context anew, though contexts without a span are known', () => {
    const contexts = [undefined, spanOf(), undefined, spanOf({ spanId: 'c'.repeat(16) })].map((span) =>
      contextOf(span).context.active(),
    );
    let active = 0;
    registerApi({ context: { active: () => contexts[active] } });
    const { traces } = setUp();
    const found = [0, 1, 0, 2, 3, 2].map((index) => {
      active = index;
      return traces.current()?.['span_id'];
    });
    expect(found).toEqual([undefined, SPAN, undefined, undefined, 'c'.repeat(16), undefined]);
  });

  it("is the scope's where a pool or a connection calls back: its span may be another request's", () => {
    registerApi(contextOf(spanOf()));
    const { traces } = setUp();
    const read = () => traces.current();
    expect(callBackIn(scopeWith(HEADER_LABELS), read, undefined, [])).toEqual(HEADER_LABELS);
    expect(callBackIn(scopeWith(undefined), read, undefined, [])).toBeUndefined();
    expect(callBackIn(undefined, read, undefined, [])).toBeUndefined();
    expect(callBackIn(undefined, read, undefined, [], false)).toEqual(LABELS);
    const failing = () => {
      throw new Error('of the application');
    };
    expect(() => callBackIn(undefined, failing, undefined, [])).toThrow('of the application');
    expect(traces.current()).toEqual(LABELS);
  });

  it.each([
    [
      'the context manager throws',
      {
        context: {
          active: () => {
            throw new Error('lost');
          },
        },
      },
      'lost',
    ],
    [
      'the span throws',
      contextOf({
        spanContext: () => {
          throw new Error('ended');
        },
      }),
      'ended',
    ],
    ['the span is none', contextOf({}), 'spanContext is not a function'],
    ['an id has a wrong length', contextOf(spanOf({ traceId: 'abc' })), 'a trace id of 3 characters'],
    ['a trace id is missing', contextOf(spanOf({ traceId: undefined })), 'a trace id of type undefined'],
  ])('is reported and not passed on where %s', (_, api, message) => {
    registerApi(api);
    const { traces, onFault } = setUp();
    expect(traces.current()).toBeUndefined();
    expect(traces.ofRequest({ headers: {} })).toBeUndefined();
    expect(messages(onFault)).toEqual([expect.stringContaining(message), expect.stringContaining(message)]);
  });

  it('is none of a request whose headers cannot be read', () => {
    const { traces, onFault } = setUp();
    const request = {
      get headers(): never {
        throw new Error('revoked');
      },
    };
    expect(traces.ofRequest(request)).toBeUndefined();
    expect(messages(onFault)).toEqual(['revoked']);
  });
});

describe("the trace of running code, by the application's function,", () => {
  it('has its labels, without those that have no value', () => {
    const { traces } = setUp(() => ({ trace_id: 'abc', user: undefined }));
    expect(traces.current()).toEqual({ trace_id: 'abc' });
    expect(traces.ofRequest(HEADERS)).toEqual({ trace_id: 'abc' });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['no labels', {}],
    ['no values', { trace_id: undefined }],
  ])('is none for %s', (_, returned) => {
    const { traces, onFault } = setUp(() => returned as never);
    expect(traces.current()).toBeUndefined();
    expect(traces.ofRequest(HEADERS)).toBeUndefined();
    expect(onFault).not.toHaveBeenCalled();
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no tracer');
      },
      'no tracer',
    ],
    ['returns labels that are too long', () => ({ trace_id: 'x'.repeat(121) }), '129 characters'],
    ['returns an illegal label', () => ({ 'trace-id': 'a' }), '"trace-id"'],
    ['returns a label that is no string', () => ({ trace_id: 7 }), 'type number'],
    ['returns a string', () => 'abc', 'returned a string'],
    ['returns an array', () => ['abc'], 'returned an array'],
    ['is asynchronous', async () => ({ trace_id: 'abc' }), 'returned a promise'],
    ['is asynchronous and fails', () => Promise.reject(new Error('later')), 'returned a promise'],
  ])('is reported and not passed on where it %s', (_, read, message) => {
    const { traces, onFault } = setUp(read as never);
    expect(traces.current()).toBeUndefined();
    expect(traces.ofRequest(HEADERS)).toBeUndefined();
    expect(messages(onFault)).toEqual([expect.stringContaining(message), expect.stringContaining(message)]);
  });

  it("is the scope's where a pool or a connection calls back", () => {
    const { traces } = setUp(() => ({ trace_id: 'of other code' }));
    expect(callBackIn(scopeWith(LABELS), () => traces.current(), undefined, [])).toEqual(LABELS);
  });
});
