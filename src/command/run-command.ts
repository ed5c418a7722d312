import { writeFileSync } from 'node:fs';
import {
  describeApplication,
  type MonitoredApplication,
  UnknownExpositionError,
} from '../monitoring/application.js';
import { grafanaDashboard } from '../monitoring/dashboard/grafana-dashboard.js';
import { prometheusRules } from '../monitoring/rules/prometheus-rules.js';
import { scrapeConfig, type ScrapeTarget } from '../monitoring/scrape-config.js';
import { toYaml } from '../monitoring/yaml.js';
import { type CommandLine, HELP, readCommandLine } from './arguments.js';
import { CommandError } from './command-error.js';
import { type Environment, fetchExposition } from './fetch-exposition.js';

/** Where a command writes to. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** @returns the exit code */
export async function runCommand(
  args: readonly string[],
  environment: Environment,
  { stdout, stderr }: Streams,
): Promise<number> {
  try {
    const line = readCommandLine(args);
    if (line === undefined) {
      stdout.write(HELP);
      return 0;
    }
    const text = makeText(line, await describe(line, environment), environment);
    if (line.out === undefined) stdout.write(text);
    else writeFile(line.out, text, line.force);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}

/** What the flags say of the application, and what it says itself. */
async function describe(
  { prefix, job, docs, url }: CommandLine,
  environment: Environment,
): Promise<MonitoredApplication> {
  const application = { prefix, job, documentation: docs };
  if (url === undefined) return application;
  const exposition = await fetchExposition(url, environment);
  try {
    return describeApplication(exposition, application);
  } catch (error) {
    if (!(error instanceof UnknownExpositionError)) throw error;
    throw new CommandError(`${url.href}: ${error.message}`, 1, {
      cause: error,
    });
  }
}

function makeText(
  { command, url, job }: CommandLine,
  application: MonitoredApplication,
  environment: Environment,
): string {
  if (command === 'dashboard') return `${JSON.stringify(grafanaDashboard(application), undefined, 2)}\n`;
  if (command === 'rules') return toYaml(prometheusRules(application));
  const credentials = credentialsOf(environment);
  return toYaml(scrapeConfig({ url: url?.href ?? 'http://localhost:3000/metrics', job, credentials }));
}

/** Files that Prometheus reads; the secrets themselves are not written. */
function credentialsOf(environment: Environment): ScrapeTarget['credentials'] {
  if ((environment['HYPER_METRICS_TOKEN'] ?? '') !== '') return { tokenFile: 'metrics-token' };
  const [username] = (environment['HYPER_METRICS_BASIC_AUTH'] ?? '').split(':');
  return username === undefined || username === ''
    ? undefined
    : { username, passwordFile: 'metrics-password' };
}

function writeFile(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CommandError(
      code === 'EEXIST'
        ? `${path} exists and was not changed; add --force to overwrite it.`
        : `${path} cannot be written (${code}).`,
      1,
      { cause: error },
    );
  }
}
