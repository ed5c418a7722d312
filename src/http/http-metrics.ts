import { ComputedLabels } from '../core/computed-labels.js';
import type { Logger } from '../core/logger.js';
import { WarnOnce } from '../core/warn-once.js';
import type { ResolvedHttpOptions } from '../options/resolved-options.js';
import type { ApplicationRegistry } from '../registry/application-registry.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { listenToServer } from './adapter-hooks.js';
import { expressPlatform } from './express.adapter.js';
import { fastifyPlatform } from './fastify.adapter.js';
import type { Detach, HttpAdapter, HttpPlatform, RequestObserver } from './http-adapter.interface.js';
import { ignoreFilter } from './ignore-rules.js';
import { RequestLifecycle } from './request-lifecycle.js';
import { RequestRecorder } from './request-recorder.js';
import { announceTimings } from './server-timing.js';
import { UNMATCHED_ROUTE } from './route-label.js';

/** Nest adapters of other frameworks have the server's event, and nothing that tells a route. */
const otherPlatform: HttpPlatform = { attach: listenToServer, routeOf: () => UNMATCHED_ROUTE };

/** The HTTP metrics of one application: its families, and what ties them to its adapter. */
export class HttpMetrics {
  private readonly recorder: RequestRecorder;
  private readonly lifecycle: RequestLifecycle;
  private readonly serverTiming: boolean;

  constructor(
    registry: ApplicationRegistry,
    options: ResolvedHttpOptions,
    scrapePath: string | undefined,
    private readonly logger: Logger,
    private readonly scopes: ScopeOpener,
  ) {
    const faults = new WarnOnce(logger, 'A request could not be recorded');
    const ignoreFaults = new WarnOnce(logger, 'A predicate in http.ignore failed; its request is recorded');
    const labelFaults = new WarnOnce(logger, 'A function in http.labels failed; its label is "unknown"');
    this.serverTiming = options.serverTiming;
    this.recorder = new RequestRecorder(registry, options);
    this.lifecycle = new RequestLifecycle(
      this.recorder,
      ignoreFilter(scrapePath, options.ignore, (error) => ignoreFaults.report(error)),
      new ComputedLabels(options.labels),
      (label, error) => {
        registry.countError(`http.labels.${label}`);
        labelFaults.report(error);
      },
      options.sizes,
      (error) => faults.report(error),
    );
  }

  /** Starts to observe the requests of an adapter. Requests under way at detaching are still recorded. */
  attach(adapter: HttpAdapter): Detach {
    const { lifecycle, scopes, serverTiming } = this;
    const platform = this.platformOf(adapter);
    const observer: RequestObserver = {
      onServerRequest: (request, response) => {
        lifecycle.begin(request, response);
      },
      onFrameworkRequest: (request, response, frameworkRequest, frameworkResponse) => {
        const exchange = lifecycle.begin(request, response);
        const scope = scopes.openRequest();
        if (exchange !== undefined) {
          exchange.frameworkRequest = frameworkRequest;
          exchange.frameworkResponse = frameworkResponse;
          exchange.scope = scope;
          if (serverTiming && scope !== undefined) {
            announceTimings(response, scope);
          }
        }
        return scope;
      },
    };
    this.recorder.expectRequests();
    lifecycle.start(platform);
    const detach = platform.attach(adapter, observer);
    return () => {
      lifecycle.stop();
      detach();
    };
  }

  private platformOf(adapter: HttpAdapter): HttpPlatform {
    switch (adapter.getType()) {
      case 'express':
        return expressPlatform;
      case 'fastify':
        return fastifyPlatform;
      default:
        this.logger.warn(
          `The HTTP platform "${adapter.getType()}" is not known: requests are counted, their routes are not.`,
        );
        return otherPlatform;
    }
  }
}
