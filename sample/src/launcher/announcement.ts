import { ROUTE_LINKS } from '../home/route-links.js';
import type { TrafficOptions } from '../traffic/traffic.js';

const LABEL_WIDTH = 14;

export interface Announcement {
  readonly baseUrl: string;
  readonly database: string;
  readonly traffic: TrafficOptions | undefined;
}

/** What a person who has just started the sample wants to know. */
export function announce({ baseUrl, database, traffic }: Announcement): string {
  const { metrics, ...routes } = ROUTE_LINKS;
  return [
    '',
    line('metrics', `${baseUrl}${metrics}`),
    '',
    ...Object.entries(routes).map(([label, path]) => line(label, `${baseUrl}${path}`)),
    '',
    line('database', database),
    line('traffic', describeTraffic(traffic)),
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n');
}

function line(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`;
}

function describeTraffic(traffic: TrafficOptions | undefined): string {
  if (traffic === undefined) return 'off';
  const minutes = traffic.durationMs / 60_000;
  return `${traffic.requestsPerSecond} requests a second for ${minutes} minutes (TRAFFIC=off for none)`;
}
