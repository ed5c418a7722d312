import { types } from 'node:util';
import { InvalidLabelsError } from '../core/errors.js';
import { type ExemplarLabels, type LegalExemplarLabels, legalLabels } from '../core/exemplar.js';
import type { TracedRequest, TraceSource } from '../core/trace-source.interface.js';
import type { ExemplarFunction } from '../options/hyper-metrics-options.interface.js';
import { activeScope, runsInForeignContext } from '../request-scope/request-scope.js';
import { ActiveSpan } from './open-telemetry.js';
import { labelsOfSpan, labelsOfTraceparent } from './trace-context.js';

/** Called with what a tracer or the application's function threw, or returned wrongly. Must not throw. */
type OnFault = (error: unknown) => void;

/** Returns the source of the option `exemplars`. */
export function createTraceSource(exemplars: true | ExemplarFunction, onFault: OnFault): TraceSource {
  return exemplars === true ? new OpenTelemetryTraces(onFault) : new ApplicationTraces(exemplars, onFault);
}

/** OpenTelemetry's active span, else the trace of the request's header `traceparent`. Only sampled traces can be looked up. */
class OpenTelemetryTraces implements TraceSource {
  private readonly span = new ActiveSpan();

  constructor(private readonly onFault: OnFault) {}

  current(): LegalExemplarLabels | undefined {
    const labels = this.activeSpan();
    return labels === undefined || runsInForeignContext() ? activeScope()?.trace : (labels ?? undefined);
  }

  ofRequest(request: TracedRequest): LegalExemplarLabels | null | undefined {
    const labels = this.activeSpan();
    if (labels !== undefined) {
      return labels;
    }
    try {
      return labelsOfTraceparent(request.headers?.traceparent);
    } catch (error) {
      this.onFault(error);
      return undefined;
    }
  }

  /** Returns `null` for a span that is not sampled, whatever the request's header says. */
  private activeSpan(): LegalExemplarLabels | null | undefined {
    try {
      const context = this.span.context();
      return context && labelsOfSpan(context);
    } catch (error) {
      this.onFault(error);
      return undefined;
    }
  }
}

/** The labels that the application's own function returns. */
class ApplicationTraces implements TraceSource {
  constructor(
    private readonly read: ExemplarFunction,
    private readonly onFault: OnFault,
  ) {}

  current(): LegalExemplarLabels | undefined {
    return runsInForeignContext() ? activeScope()?.trace : this.labels();
  }

  ofRequest(): LegalExemplarLabels | undefined {
    return this.labels();
  }

  private labels(): LegalExemplarLabels | undefined {
    try {
      return readLabels(this.read());
    } catch (error) {
      this.onFault(error);
      return undefined;
    }
  }
}

/** @throws {@link InvalidLabelsError} on anything but labels, null and undefined. */
function readLabels(returned: unknown): LegalExemplarLabels | undefined {
  if (returned === undefined || returned === null) {
    return undefined;
  }
  if (types.isPromise(returned)) {
    // An unhandled rejection would end the process.
    returned.catch(() => {});
    throw new InvalidLabelsError(
      'The function in `exemplars` returned a promise. Return labels or undefined.',
    );
  }
  if (typeof returned !== 'object' || Array.isArray(returned)) {
    throw new InvalidLabelsError(
      `The function in \`exemplars\` returned ${Array.isArray(returned) ? 'an array' : `a ${typeof returned}`}. Return labels or undefined.`,
    );
  }
  return Object.keys(returned).length === 0 ? undefined : legalLabels(returned as ExemplarLabels);
}
