import { parseArgs } from 'node:util';
import { isMetricName } from '../core/family-definition.js';
import { CommandError } from './command-error.js';

/** What the command line can write. */
export const COMMANDS = ['dashboard', 'rules', 'scrape-config'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** A command line that is understood. */
export interface CommandLine {
  readonly command: CommandName;
  readonly prefix: string | undefined;
  readonly job: string | undefined;
  readonly out: string | undefined;
  readonly url: URL | undefined;
  readonly docs: string | undefined;
  readonly nativeHistograms: boolean;
  readonly force: boolean;
}

export const HELP = `Usage: nestjs-hyper-metrics <command> [options]

Writes what Grafana and Prometheus need for an application with nestjs-hyper-metrics.

Commands
  dashboard       a dashboard for Grafana (JSON)
  rules           recording rules and alerts for Prometheus (YAML)
  scrape-config   a configuration of Prometheus that scrapes the application (YAML)

Options
  --url <url>     address of the metrics, such as http://localhost:3000/metrics:
                  what the application does not export is left out
  --prefix <name> the option prefix of the module
                  (default: the only one at --url, else hyperdjango_)
  --job <name>    the job of the application in Prometheus: others are not read
                  (default: every job; scrape-config: nestjs)
  --native-histograms
                  read native histograms, and classic ones where there are none:
                  for the option nativeHistograms and Prometheus 2.40 or newer
  --out <file>    the file to write (default: standard output)
  --force         overwrite the file if it exists
  --docs <url>    address of a copy of this package's docs, for links of panels
                  and runbook_url of alerts (default: none of them)
  --help          this text

Environment, for --url
  HYPER_METRICS_TOKEN        endpoint.bearerToken
  HYPER_METRICS_BASIC_AUTH   endpoint.basicAuth, as user:password

Exit codes
  0  written    1  the address or the file failed    2  wrong command line
`;

const FLAGS = {
  prefix: { type: 'string' },
  job: { type: 'string' },
  out: { type: 'string' },
  url: { type: 'string' },
  docs: { type: 'string' },
  'native-histograms': { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * @returns `undefined` if help is asked for
 * @throws {@link CommandError} with exit code 2
 */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [name, ...surplus] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined) {
    throw wrong(name === undefined ? 'A command is missing' : `Unknown command "${name}"`);
  }
  if (surplus.length > 0) throw wrong(`Unexpected argument "${surplus.join(' ')}"`);
  const { prefix, job, out, docs, force, 'native-histograms': nativeHistograms } = values;
  if (prefix !== undefined && !(isMetricName(prefix) && prefix.endsWith('_'))) {
    throw wrong(`--prefix is "${prefix}"; allowed: a legal metric name that ends in "_", such as shop_`);
  }
  for (const [flag, value] of Object.entries({ job, out, docs })) {
    if (value === '') throw wrong(`--${flag} is empty`);
  }
  if (docs !== undefined && !isWebAddress(docs)) {
    throw wrong(
      `--docs is "${docs}"; allowed: an http or https address, such as https://wiki.example/metrics`,
    );
  }
  return { command, prefix, job, out, docs, force, nativeHistograms, url: readUrl(values.url) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    // Node's further sentences explain how to pass such an argument as a positional one.
    throw wrong((error as Error).message.split(/\. |\.?\n/)[0] ?? '');
  }
}

function readUrl(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  if (!isWebAddress(text)) {
    throw wrong(
      `--url is "${text}"; allowed: an http or https address, such as http://localhost:3000/metrics`,
    );
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw wrong(
      '--url has a password, which other users of the machine can see; set HYPER_METRICS_BASIC_AUTH instead',
    );
  }
  return url;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function wrong(problem: string): CommandError {
  return new CommandError(`${problem}. Commands: ${COMMANDS.join(', ')}; see --help.`, 2);
}
