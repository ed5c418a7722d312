import { Buffer } from 'node:buffer';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { SpanContext } from './open-telemetry.js';

/* Identities of W3C's Trace Context (https://www.w3.org/TR/trace-context/), as labels of exemplars. */

const SAMPLED = 1;
const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);

/**
 * Returns the labels of a sampled span; `null` for one that is not sampled, `undefined` for the span of a tracer without SDK.
 *
 * @throws `TypeError` on ids that are not W3C's.
 */
export function labelsOfSpan({
  traceId,
  spanId,
  traceFlags,
}: SpanContext): LegalExemplarLabels | null | undefined {
  if (traceId === NO_TRACE_ID) {
    return undefined;
  }
  if ((traceFlags & SAMPLED) === 0) {
    return null;
  }
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId) || spanId === NO_SPAN_ID) {
    throw new TypeError(
      `the active span has a trace id of ${show(traceId)} and a span id of ${show(spanId)}; ` +
        'valid are 32 and 16 hexadecimal digits, not all of them 0',
    );
  }
  return { trace_id: traceId, span_id: spanId };
}

function show(id: unknown): string {
  return typeof id === 'string' ? `${id.length} characters` : `type ${typeof id}`;
}

/** Version, trace id, span id and flags. Versions after 00 may have more parts. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Returns the labels of a sampled `traceparent`; `undefined` for any other value of the header. */
export function labelsOfTraceparent(header: unknown): LegalExemplarLabels | undefined {
  const parts = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  if (parts === null) {
    return undefined;
  }
  const [, version, traceId = '', spanId = '', flags = '', rest] = parts;
  const isInvalid =
    version === 'ff' ||
    (version === '00' && rest !== undefined) ||
    traceId === NO_TRACE_ID ||
    spanId === NO_SPAN_ID;
  if (isInvalid || (Number.parseInt(flags, 16) & SAMPLED) === 0) {
    return undefined;
  }
  return rest === undefined
    ? { trace_id: traceId, span_id: spanId }
    : { trace_id: copyOf(traceId), span_id: copyOf(spanId) };
}

/** A part of a string keeps all of it in memory, and the header of a later version may be long. */
function copyOf(id: string): string {
  return Buffer.from(id, 'latin1').toString('latin1');
}
