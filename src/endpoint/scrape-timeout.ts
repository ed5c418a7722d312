/** Seconds, as Prometheus sends its `scrape_timeout` with every scrape. */
export const SCRAPE_TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';

const SECONDS = /^\d+(\.\d+)?$/;
/** For rendering, compressing and the way back; never more than half of the time that there is. */
const MARGIN_SECONDS = 0.5;
/** With less than this, any client could make collectors late, and have errors counted, as often as it likes. */
const SHORTEST_MS = 500;

/**
 * How long a scrape can wait for what it reads, when its client says how long that waits for the answer: an answer without what is
 * late is worth more than none. At least half a second, whatever the client says. `undefined` when the client does not say.
 */
export function readableWithinMs(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && SECONDS.test(header) ? Number(header) : 0;
  return seconds > 0
    ? Math.max(SHORTEST_MS, 1000 * Math.max(seconds - MARGIN_SECONDS, seconds / 2))
    : undefined;
}
