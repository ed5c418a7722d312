import type { IncomingMessage } from 'node:http';
import type { ExpositionFormat } from '../exposition/exposition-format.js';
import { openMetricsFormat } from '../exposition/open-metrics-format.js';
import { protobufFormat } from '../exposition/protobuf-format.js';
import { textFormat } from '../exposition/text-format.js';
import type { ResolvedEndpointOptions } from '../options/resolved-options.js';
import { type AcceptedEncodings, acceptedEncodings, type FormatName, preferredFormat } from './negotiate.js';

/** The answer that a scrape asks for. */
export interface ScrapeRequest {
  readonly format: ExpositionFormat;
  /** Sorted names of families or samples; empty for all families. */
  readonly names: readonly string[];
  readonly encodings: AcceptedEncodings;
  /** Time limit for gathering; `undefined` for the one of the options. */
  readonly withinMs: number | undefined;
}

const FORMATS: Readonly<Record<FormatName, ExpositionFormat>> = {
  text: textFormat,
  openMetrics: openMetricsFormat,
  protobuf: protobufFormat,
};

/** The header in which Prometheus sends its `scrape_timeout`, in seconds. */
const SCRAPE_TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';
/** Repeatable: `?name[]=up&name[]=process_cpu_seconds_total`. */
const NAME_PARAMETER = 'name[]';

const SECONDS = /^\d+(\.\d+)?$/;
/** For rendering, compressing and the network; at most half of the client's timeout. */
const MARGIN_SECONDS = 0.5;
/** With a shorter limit any client could make collectors late, and have errors counted, at will. */
const SHORTEST_MS = 500;

/** Reads query and headers of a request; either may be missing in a mock. */
export function readScrapeRequest(
  { url = '', headers = {} }: Partial<IncomingMessage>,
  { openMetrics, compression }: Pick<ResolvedEndpointOptions, 'openMetrics' | 'compression'>,
): ScrapeRequest {
  const encodings = acceptedEncodings(headers['accept-encoding']);
  return {
    format: FORMATS[preferredFormat(headers.accept, { openMetrics })],
    names: requestedNames(url),
    withinMs: gatherTimeoutMs(headers[SCRAPE_TIMEOUT_HEADER]),
    encodings: compression ? encodings : { ...encodings, gzip: 0 },
  };
}

function requestedNames(target: string): readonly string[] {
  const query = target.indexOf('?');
  const parameters = new URLSearchParams(query < 0 ? '' : target.slice(query + 1));
  return [...new Set(parameters.getAll(NAME_PARAMETER))].toSorted();
}

/**
 * The time limit for gathering that leaves the client time to read the answer: an answer without late metrics is worth more
 * than none. At least half a second. Returns `undefined` without a valid header.
 */
export function gatherTimeoutMs(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && SECONDS.test(header) ? Number(header) : 0;
  return seconds > 0
    ? Math.max(SHORTEST_MS, 1000 * Math.max(seconds - MARGIN_SECONDS, seconds / 2))
    : undefined;
}
