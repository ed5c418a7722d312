import { ROUTE_LINKS } from '../home/route-links.js';
import type { TrafficStatement } from '../traffic/traffic-statement.js';
import { type Platform, PLATFORMS } from './platform.js';

const LABEL_WIDTH = 20;

export interface Announcement {
  readonly baseUrl: string;
  /** Undefined: with everything else, at the base URL. */
  readonly metricsUrl: string | undefined;
  /** The folder with the dashboard and the rules. */
  readonly monitoringPath: string;
  readonly platform: Platform;
  readonly database: string;
  readonly traffic: Trickle | undefined;
}

export interface Trickle {
  readonly requestsPerSecond: number;
  readonly durationMs: number;
}

/** What a person who has just started the sample wants to know. */
export function announce(announcement: Announcement): string {
  const { baseUrl, metricsUrl, monitoringPath, platform, database, traffic } = announcement;
  const { metrics, ...routes } = ROUTE_LINKS;
  const metricsAt = metricsUrl ?? `${baseUrl}${metrics}`;
  return [
    '',
    line('live page', `${metricsAt}/live`),
    line('metrics', metricsAt),
    line('dashboard and rules', monitoringPath),
    '',
    ...Object.entries(routes).map(([label, path]) => line(label, `${baseUrl}${path}`)),
    '',
    line('platform', `${platform} (PLATFORM=${otherThan(platform)} for the other)`),
    line('database', database),
    line('traffic', describeTraffic(traffic)),
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n');
}

/** For comparison with what `/metrics` said. */
export function describeSent(statement: TrafficStatement): string {
  const counts = Object.entries(statement.countByMethodAndStatus()).map(([key, count]) => `${key}: ${count}`);
  const surprises = [...statement.surprises].map(([text, count]) => `Not as planned: ${text} (${count})`);
  return [`Traffic that was sent: ${counts.join(', ') || 'none'}`, ...surprises].join('\n');
}

function line(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`;
}

function describeTraffic(traffic: Trickle | undefined): string {
  if (traffic === undefined) return 'off';
  const minutes = traffic.durationMs / 60_000;
  return `${traffic.requestsPerSecond} requests a second for ${minutes} minutes (TRAFFIC=off for none)`;
}

function otherThan(platform: Platform): Platform | undefined {
  return PLATFORMS.find((name) => name !== platform);
}
