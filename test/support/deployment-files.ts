import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The folder of the configuration for Prometheus that the documentation describes. */
export const PROMETHEUS_FILES = `${DOCS}prometheus/`;

/** A page, or a file that the documentation describes, by path from `docs`. */
export function readDocument(path: string): string {
  return readFileSync(DOCS + path, 'utf8');
}

/** The same as data. */
export function readYaml(path: string): unknown {
  return load(readDocument(path));
}

/** Every file of a folder of `docs`, by path from `docs`. */
export function listDocuments(folder: string): string[] {
  return readdirSync(DOCS + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(DOCS.length))
    .toSorted();
}

export interface PromtoolAnswer {
  readonly status: number | null;
  readonly output: string;
}

/** What promtool says, in the folder of the configuration for Prometheus unless told otherwise. */
export function promtool(
  commandLine: readonly string[],
  cwd: string = PROMETHEUS_FILES,
  input = '',
): PromtoolAnswer {
  const { status, stdout, stderr, error } = spawnSync('promtool', commandLine, {
    cwd,
    input,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

export interface ScrapeJob {
  readonly job_name: string;
  readonly metrics_path?: string;
  readonly honor_labels?: boolean;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly sample_limit?: number;
  readonly label_limit?: number;
  readonly authorization?: { readonly credentials_file: string };
  readonly relabel_configs?: readonly unknown[];
  readonly file_sd_configs?: readonly { readonly files: readonly string[] }[];
  readonly kubernetes_sd_configs?: readonly { readonly role: string }[];
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
}

export interface PrometheusConfig {
  readonly global: Readonly<Record<string, unknown>>;
  readonly rule_files?: readonly string[];
  readonly scrape_configs: readonly ScrapeJob[];
}

/** The only scrape job of a configuration. */
export function scrapeJob(config: PrometheusConfig): ScrapeJob {
  const [job, ...others] = config.scrape_configs;
  if (job === undefined || others.length > 0) throw new Error('There must be exactly one scrape job.');
  return job;
}

export interface Deployment {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      };
      readonly spec: {
        readonly containers: readonly {
          readonly name: string;
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
          readonly env: readonly {
            readonly name: string;
            readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
          }[];
        }[];
      };
    };
  };
}

/** The only container of a deployment's pods. */
export function containerOf({ spec }: Deployment) {
  const [container, ...others] = spec.template.spec.containers;
  if (container === undefined || others.length > 0) throw new Error('There must be exactly one container.');
  return container;
}
