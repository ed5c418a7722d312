import type { TrafficStatement } from '../traffic/traffic-statement.js';

const LABEL_WIDTH = 22;

export interface Announcement {
  readonly baseUrl: string;
  /** Undefined: with everything else, at the base URL. */
  readonly metricsUrl: string | undefined;
  /** The folder with the dashboard and the rules. */
  readonly monitoringPath: string;
}

/** What a person who has just started the sample wants to know, in five lines. */
export function announce({ baseUrl, metricsUrl, monitoringPath }: Announcement): string {
  const metricsAt = metricsUrl ?? `${baseUrl}/metrics`;
  return [
    line('Live page', `${metricsAt}/live`),
    line('Metrics', metricsAt),
    line('The shop', `${baseUrl}/`),
    line('Dashboard and rules', monitoringPath),
    'Ctrl-C stops everything.',
  ].join('\n');
}

/** For comparison with what `/metrics` said. */
export function describeSent(statement: TrafficStatement): string {
  const counts = Object.entries(statement.countByMethodAndStatus()).map(([key, count]) => `${key}: ${count}`);
  const surprises = [...statement.surprises].map(([text, count]) => `Not as planned: ${text} (${count})`);
  return [`Traffic that was sent: ${counts.join(', ') || 'none'}`, ...surprises].join('\n');
}

function line(label: string, value: string): string {
  return label.padEnd(LABEL_WIDTH) + value;
}
