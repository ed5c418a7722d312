import type { EndpointOptions } from 'nestjs-hyper-metrics';
import { parseInteger } from './common/parse-integer.js';

/** Undefined: the library's own prefix. */
export function metricsPrefix({ METRICS_PREFIX }: NodeJS.ProcessEnv): string | undefined {
  return METRICS_PREFIX === '' ? undefined : METRICS_PREFIX;
}

/** With the live page, on the shop's own port and open to everybody on this machine, unless the environment asks for more. */
export function metricsEndpoint({ METRICS_PORT, METRICS_TOKEN }: NodeJS.ProcessEnv): EndpointOptions {
  return {
    page: true,
    ...(METRICS_PORT && { port: parseInteger(METRICS_PORT) ?? Number.NaN }),
    // Asked at every scrape, so that a token can change while the shop is open.
    ...(METRICS_TOKEN && { bearerToken: () => process.env['METRICS_TOKEN'] ?? '' }),
  };
}
