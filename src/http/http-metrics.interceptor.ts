import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { defer, type Observable } from 'rxjs';
import { HANDLER_DURATION_SECONDS } from '../catalog/http.catalog.js';
import type { Histogram, HistogramChild } from '../core/metric/histogram.js';
import { observeOutcome } from '../core/tool/observe-outcome.js';
import { type Outcome, OUTCOMES } from '../core/tool/outcome.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import { APPLICATION_REGISTRY, UNOBSERVED } from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';

type ChildByOutcome = Readonly<Record<Outcome, HistogramChild>>;

/**
 * Records `handler_duration_seconds{type,class,handler,outcome}` for HTTP, RPC, WebSocket and GraphQL handlers. It does not count
 * requests: guard rejections and 404s never reach an interceptor.
 *
 * `http: { handlers: true }` binds it globally. Otherwise bind it with `@UseInterceptors()`; do not do both.
 * Microservices of a hybrid application need `connectMicroservice(options, { inheritAppConfig: true })`.
 */
@Injectable()
export class HttpMetricsInterceptor implements NestInterceptor {
  private readonly durations: Histogram<'type' | 'class' | 'handler' | 'outcome'>;
  /** By class, then by handler: classes that inherit a handler share its function. */
  private readonly children = new WeakMap<object, WeakMap<object, ChildByOutcome>>();

  private readonly traces: TraceSource;

  constructor(@Inject(APPLICATION_REGISTRY) registry: RegistryLease) {
    this.traces = registry.traces;
    this.durations = registry.catalogFamily(HANDLER_DURATION_SECONDS);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (UNOBSERVED in context.getClass()) {
      return next.handle();
    }
    const children = this.childrenOf(context);
    return defer(() => {
      const startedAtMs = nowMs();
      const trace = this.traces.current();
      return observeOutcome(next.handle(), (outcome) => {
        children[outcome].observeTraced(secondsSince(startedAtMs), trace);
      });
    });
  }

  private childrenOf(context: ExecutionContext): ChildByOutcome {
    const target = context.getClass();
    const handler = context.getHandler();
    let byHandler = this.children.get(target);
    if (byHandler === undefined) {
      byHandler = new WeakMap();
      this.children.set(target, byHandler);
    }
    let children = byHandler.get(handler);
    if (children === undefined) {
      const type = context.getType<string>();
      children = Object.fromEntries(
        OUTCOMES.map((outcome) => [outcome, this.durations.labels(type, target.name, handler.name, outcome)]),
      ) as ChildByOutcome;
      byHandler.set(handler, children);
    }
    return children;
  }
}
