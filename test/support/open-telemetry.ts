import { createRequire } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const require = createRequire(import.meta.url);

/** One for the process: a second one would patch nothing. */
let servers: HttpInstrumentation | undefined;

/** OpenTelemetry's SDK in this process, as an application sets it up. */
export class OpenTelemetry {
  private readonly exporter = new InMemorySpanExporter();
  private readonly provider: BasicTracerProvider;

  private constructor(sampler: Sampler) {
    this.provider = new BasicTracerProvider({
      sampler,
      spanProcessors: [new SimpleSpanProcessor(this.exporter)],
    });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(this.provider);
  }

  static start(sampler: Sampler): OpenTelemetry {
    return new OpenTelemetry(sampler);
  }

  /** Makes a span of each request that a server of this process gets. */
  instrumentServers(): this {
    servers ??= new HttpInstrumentation({ enabled: false, disableOutgoingRequestInstrumentation: true });
    servers.setTracerProvider(this.provider);
    servers.enable();
    // It patches the module when the module is required.
    require('http');
    return this;
  }

  /** The sampled spans that have ended. */
  get spans(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  async stop(): Promise<void> {
    servers?.disable();
    trace.disable();
    context.disable();
    propagation.disable();
    await this.provider.shutdown();
  }
}
