/** The parts of OpenTelemetry's API that are used here (1.0 to 1.10). */
interface OpenTelemetryApi {
  readonly context?: { active(): Context } | undefined;
}

/** Immutable. */
interface Context {
  getValue(key: symbol): Span | undefined;
}

interface Span {
  spanContext(): SpanContext;
}

/** The identity of a span, as W3C's Trace Context defines it. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** Every copy of the API, of any version 1.x, registers what an application sets up on this property of the global object. */
const API = Symbol.for('opentelemetry.js.api.1');

/** The key of the span in a context: the API makes its keys with `Symbol.for()`, so that its copies share them. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

const globals = globalThis as { readonly [API]?: OpenTelemetryApi };

/** OpenTelemetry's active span. */
export class ActiveSpan {
  /** Once there, it stays: what is set up later, or shut down, are its properties. */
  private api: OpenTelemetryApi | undefined;
  /** The last context without a span: outside of traces it is the root context, and looking into it costs as much as the rest. */
  private withoutSpan: Context | undefined;

  /** Returns the span's identity; `undefined` outside of spans, and without OpenTelemetry's SDK. Throws what the SDK throws. */
  context(): SpanContext | undefined {
    const context = (this.api ??= globals[API])?.context?.active();
    if (context === undefined || context === this.withoutSpan) {
      return undefined;
    }
    const span = context.getValue(SPAN) ?? undefined;
    if (span === undefined) {
      this.withoutSpan = context;
      return undefined;
    }
    return span.spanContext();
  }
}
