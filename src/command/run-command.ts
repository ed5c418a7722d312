import { existsSync, lstatSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
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
import { type Credentials, type Environment, readCredentials } from './credentials.js';
import { fetchExposition, showAddress } from './fetch-exposition.js';

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
  { prefix, job, docs, nativeHistograms, url }: CommandLine,
  environment: Environment,
): Promise<MonitoredApplication> {
  const application = { prefix, job, nativeHistograms, documentation: docs };
  if (url === undefined) return application;
  const exposition = await fetchExposition(url, readCredentials(environment));
  try {
    return describeApplication(exposition, application);
  } catch (error) {
    if (!(error instanceof UnknownExpositionError)) throw error;
    throw new CommandError(`${showAddress(url)}: ${error.message}`, 1, {
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
  const credentials = filesOf(readCredentials(environment));
  return toYaml(scrapeConfig({ url: url?.href ?? 'http://localhost:3000/metrics', job, credentials }));
}

/** Files that Prometheus reads; the secrets themselves are not written. */
function filesOf(credentials: Credentials): ScrapeTarget['credentials'] {
  if (credentials === undefined) return undefined;
  if ('token' in credentials) return { tokenFile: 'metrics-token' };
  return { username: credentials.username, passwordFile: 'metrics-password' };
}

/** Leaves no part of a new file, as a full disk would. */
function writeFile(path: string, text: string, force: boolean): void {
  let isNew = false;
  try {
    isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    // Another process may have made the file in between.
    if (isNew && code !== 'EEXIST') rmSync(path, { force: true });
    throw new CommandError(`${path} ${reasonOf(path, code)}.`, 1, { cause: error });
  }
}

function reasonOf(path: string, code: string): string {
  const isFolder = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  // A new file must not exist, and a folder exists; an old one may be written over, and a folder cannot.
  if (code === 'EISDIR' || (code === 'EEXIST' && isFolder())) return 'is a folder; name a file in it';
  if (code === 'EEXIST') return 'exists and was not changed; add --force to overwrite it';
  const folder = dirname(path);
  return code === 'ENOENT' && !existsSync(folder)
    ? `cannot be written, for there is no folder ${folder}; create it first`
    : `cannot be written (${code})`;
}
