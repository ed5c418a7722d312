import { ComputedLabels } from '../core/tool/computed-labels.js';
import type { Logger } from '../core/tool/logger.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { ResolvedHttpOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { ExceptionMetrics } from './exception-metrics.js';
import type { Exchange } from './exchange.js';
import { ExpressPlatform } from './express.adapter.js';
import { fastifyPlatform } from './fastify.adapter.js';
import type { Detach, HttpAdapter, HttpPlatform, RequestObserver } from './http-adapter.interface.js';
import { ignoreFilter, type RequestFilter } from './ignore-rules.js';
import { type ExceptionsHandler, observeExceptions } from './nest-exceptions.adapter.js';
import { RequestLifecycle } from './request-lifecycle.js';
import type { PathMatching } from './request-path.js';
import { RequestRecorder } from './request-recorder.js';
import { UNMATCHED_ROUTE } from './route-label.js';
import { listenToServer } from './server-requests.js';
import { announceTimings } from './server-timing.js';

/** Adapters of other frameworks: requests are seen on the server, routes are unknown. */
const otherPlatform: HttpPlatform = {
  attach: (adapter, observer) => listenToServer(adapter, observer),
  routeOf: () => UNMATCHED_ROUTE,
};

/** The HTTP metrics of one application. */
export class HttpMetrics {
  private readonly recorder: RequestRecorder;
  private readonly lifecycle: RequestLifecycle;
  private readonly ignoreFaults: WarnOnce;

  constructor(
    registry: RegistryLease,
    private readonly options: ResolvedHttpOptions,
    private readonly scrapePaths: readonly string[],
    private readonly logger: Logger,
    private readonly scopes: ScopeOpener,
  ) {
    const faults = new WarnOnce(logger, 'A request could not be recorded');
    this.ignoreFaults = new WarnOnce(logger, 'A predicate in http.ignore failed; its request is recorded');
    const labelFaults = new WarnOnce(logger, 'A function in http.labels is at fault');
    this.recorder = new RequestRecorder(registry, options);
    this.lifecycle = new RequestLifecycle(
      this.recorder,
      new ComputedLabels(options.labels),
      (label, error) => {
        registry.countError(`http.labels.${label}`);
        labelFaults.report(error);
      },
      options.sizes,
      options.exceptions === false ? undefined : new ExceptionMetrics(registry, options.exceptions),
      registry.traces,
      (error) => faults.report(error),
    );
  }

  /**
   * Observes the requests of an adapter until the returned function is called. Requests under way then are still recorded.
   *
   * @param exceptionsHandler - the prototype of Nest's exception handlers
   */
  attach(adapter: HttpAdapter, exceptionsHandler: ExceptionsHandler): Detach {
    const { lifecycle } = this;
    const platform = this.platformOf(adapter);
    const observer: RequestObserver = {
      onServerRequest: (request, response) => {
        lifecycle.begin(request, response);
      },
      onInstanceRequest: (request, response, mountedAt) => {
        const exchange = lifecycle.begin(request, response, mountedAt);
        if (exchange !== undefined) {
          exchange.frameworkRequest ??= request;
          lifecycle.findTrace(exchange);
        }
      },
      onInstanceFailure: (request, response) => lifecycle.abandon(request, response),
      onFrameworkRequest: (request, response, frameworkRequest, frameworkResponse) => {
        const exchange = lifecycle.begin(request, response);
        if (exchange === undefined) {
          const scope = this.scopes.openRequest();
          scope?.discard();
          return scope;
        }
        exchange.frameworkRequest = frameworkRequest;
        exchange.frameworkResponse = frameworkResponse;
        lifecycle.findTrace(exchange);
        return this.scopeOf(exchange);
      },
    };
    this.recorder.expectRequests();
    lifecycle.start(platform, adapter.getInstance(), this.filterFor(platform.pathMatchingOf?.(adapter)));
    const detach = platform.attach(adapter, observer);
    const endExceptions =
      this.options.exceptions === false ? undefined : observeExceptions(exceptionsHandler);
    return () => {
      lifecycle.stop();
      endExceptions?.();
      detach();
    };
  }

  /** The scope of a request is opened once, also if it comes through the hook again. */
  private scopeOf(exchange: Exchange): RequestScope | undefined {
    if (exchange.scope === undefined) {
      exchange.scope = this.scopes.openRequest(outerScope(exchange), exchange.trace ?? undefined);
      if (this.options.serverTiming && exchange.scope !== undefined) {
        announceTimings(exchange.response, exchange.scope);
      }
    }
    return exchange.scope;
  }

  private filterFor(matching: PathMatching | undefined): RequestFilter {
    const { scrapePaths, options, ignoreFaults } = this;
    return ignoreFilter(scrapePaths, options.ignore, (error) => ignoreFaults.report(error), matching);
  }

  private platformOf(adapter: HttpAdapter): HttpPlatform {
    switch (adapter.getType()) {
      case 'express':
        return new ExpressPlatform();
      case 'fastify':
        return fastifyPlatform;
      default:
        this.logger.warn(
          `Unknown HTTP platform "${adapter.getType()}": requests are counted without their routes (route="${UNMATCHED_ROUTE}").`,
        );
        return otherPlatform;
    }
  }
}

/** The scope of the application that this one is mounted in. */
function outerScope({ outer }: Exchange): RequestScope | undefined {
  return outer === undefined ? undefined : (outer.scope ?? outerScope(outer));
}
