import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { answersOk, ServerProcess } from './server-process.js';

const README = new URL('../../README.md', import.meta.url);

type Labels = Readonly<Record<string, string>>;
/** Unix time in seconds, and the value as text, as Prometheus' API writes them. */
type ApiSample = readonly [timeSeconds: number, value: string];

export interface VectorSample {
  readonly metric: Labels;
  readonly value: number;
}

export interface StoredSample {
  readonly timeSeconds: number;
  readonly value: number;
}

export interface StoredSeries {
  readonly metric: Labels;
  readonly samples: readonly StoredSample[];
}

/** The exemplars of one series, as Prometheus' API writes them. */
export interface StoredExemplars {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly {
    readonly labels: Labels;
    readonly value: string;
    /** Unix time in seconds. */
    readonly timestamp: number;
  }[];
}

export interface TimeRange {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/** Why there is no Prometheus to test with; undefined when there is one. */
export function findMissingPrograms(): string | undefined {
  const missing = ['prometheus', 'promtool'].filter((name) => spawnSync(name, ['--version']).status !== 0);
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} cannot be run; Debian has both in the package "prometheus"`;
}

/** README's configuration, for another port and an interval that a test can wait for. */
export function readmeScrapeConfig(port: number, interval: string): string {
  const [, config] = /```yaml\n(scrape_configs:\n.*?)```/s.exec(readFileSync(README, 'utf8')) ?? [];
  if (config === undefined) throw new Error('README.md has no yaml block with scrape_configs.');
  return replaceOnce(replaceOnce(config, ':3000', `:${port}`), 'interval: 15s', `interval: ${interval}`);
}

/** @throws when the text does not have it exactly once */
export function replaceOnce(text: string, search: string, replacement: string): string {
  if (text.split(search).length !== 2) throw new Error(`"${search}" is not exactly once in:\n${text}`);
  return text.replace(search, replacement);
}

/** What `promtool check metrics` has to say about a scrape, a line for each finding. */
export function checkMetrics(exposition: string): string[] {
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}

/** A real Prometheus server with a configuration, a free port and a temp directory of its own. */
export class PrometheusServer {
  private constructor(
    private readonly process: ServerProcess,
    /** Host and port. */
    readonly address: string,
    private readonly path: string,
  ) {}

  /**
   * @param files what the configuration names, by path from where it is
   * @param flags further arguments of the command
   */
  static async start(
    config: string,
    files: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<PrometheusServer> {
    const path = mkdtempSync(join(tmpdir(), 'hyper-metrics-prometheus-'));
    const configFile = join(path, 'prometheus.yml');
    for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config })) {
      writeWhole(join(path, name), text);
    }
    const address = `127.0.0.1:${await findFreePort()}`;
    const process = await ServerProcess.start({
      command: 'prometheus',
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(path, 'data')}`,
        `--web.listen-address=${address}`,
        ...flags,
      ],
      directory: path,
      isReady: () => answersOk(`http://${address}/-/ready`),
    });
    return new PrometheusServer(process, address, path);
  }

  /** Of a file that the configuration names, while the server runs. */
  writeFile(name: string, text: string): void {
    writeWhole(join(this.path, name), text);
  }

  /** Instant query. */
  async query(expr: string, timeSeconds?: number): Promise<VectorSample[]> {
    const results = await this.ask<{ metric: Labels; value: ApiSample }>('vector', expr, timeSeconds);
    return results.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** The stored samples of a range vector, such as `up[5m]`. */
  async queryStored(rangeVector: string, timeSeconds: number): Promise<StoredSeries[]> {
    const results = await this.ask<{ metric: Labels; values: readonly ApiSample[] }>(
      'matrix',
      rangeVector,
      timeSeconds,
    );
    return results.map(({ metric, values }) => ({
      metric,
      samples: values.map(([time, value]) => ({ timeSeconds: time, value: Number(value) })),
    }));
  }

  /** The values of a query over a time, as a graph shows them. */
  async queryRange(
    expr: string,
    { startSeconds, endSeconds, stepSeconds }: TimeRange,
  ): Promise<StoredSeries[]> {
    const parameters = new URLSearchParams({
      query: expr,
      start: String(startSeconds),
      end: String(endSeconds),
      step: String(stepSeconds),
    });
    const response = await fetch(`${this.url}/api/v1/query_range?${parameters.toString()}`);
    const { data, error } = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly result: readonly { metric: Labels; values: readonly ApiSample[] }[] };
    };
    if (data === undefined) throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, values }) => ({
      metric,
      samples: values.map(([time, value]) => ({ timeSeconds: time, value: Number(value) })),
    }));
  }

  /** The exemplars of the series that an expression selects, of the last minutes. */
  async queryExemplars(expr: string): Promise<readonly StoredExemplars[]> {
    const now = Date.now() / 1000;
    const parameters = new URLSearchParams({ query: expr, start: String(now - 600), end: String(now + 60) });
    const response = await fetch(`${this.url}/api/v1/query_exemplars?${parameters.toString()}`);
    const { data, error } = (await response.json()) as {
      readonly error?: string;
      readonly data?: readonly StoredExemplars[];
    };
    if (data === undefined) throw new Error(`${expr}: ${error}`);
    return data;
  }

  /** The type of each family as the last scrape of a job declared it. */
  async metadata(job: string): Promise<Record<string, string>> {
    const parameters = new URLSearchParams({ match_target: `{job="${job}"}` });
    const response = await fetch(`${this.url}/api/v1/targets/metadata?${parameters.toString()}`);
    const { data } = (await response.json()) as {
      readonly data: readonly { readonly metric: string; readonly type: string }[];
    };
    return Object.fromEntries(data.map(({ metric, type }) => [metric, type]));
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  private get url(): string {
    return `http://${this.address}`;
  }

  private async ask<Result>(type: string, expr: string, timeSeconds?: number): Promise<Result[]> {
    const parameters = new URLSearchParams({ query: expr });
    if (timeSeconds !== undefined) parameters.set('time', String(timeSeconds));
    const response = await fetch(`${this.url}/api/v1/query?${parameters.toString()}`);
    const answer = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly resultType: string; readonly result: Result[] };
    };
    if (answer.data?.resultType !== type) throw new Error(`${expr}: ${answer.error ?? `not a ${type}`}`);
    return answer.data.result;
  }
}

/** Under another name first, so that nobody reads half a file. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
