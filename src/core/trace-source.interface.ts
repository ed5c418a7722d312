import type { LegalExemplarLabels } from './exemplar.js';

/**
 * Finds the trace of running code, as labels of an exemplar. Its methods never throw, and return `undefined` at once while no
 * application records exemplars.
 *
 * The trace of a measurement is taken at its beginning: its end may be reported in the asynchronous context of other code.
 */
export interface TraceSource {
  /** Returns the trace of the running code; `undefined` if it has none that is recorded. */
  current(): LegalExemplarLabels | undefined;
  /**
   * Returns the trace of a request; `null` if it has one that is not recorded, `undefined` if none is known yet. To be called in the
   * request's code.
   */
  ofRequest(request: TracedRequest): LegalExemplarLabels | null | undefined;
}

/** The part of a request that may name a trace. Mocks have no headers. */
export interface TracedRequest {
  readonly headers?: Readonly<Record<string, string | string[] | undefined>> | undefined;
}
