import type { YamlValue } from './yaml.js';

/** A target of Prometheus. */
export interface ScrapeTarget {
  /** Address of the metrics, such as `http://localhost:3000/metrics`, with the query that each scrape shall have. */
  readonly url: string;
  /**
   * The label `job`.
   *
   * @defaultValue `'nestjs'`
   */
  readonly job?: string | undefined;
  /**
   * How a scrape proves that it may: a file with the token of `endpoint.bearerToken`, or user and file with the password of
   * `endpoint.basicAuth`.
   *
   * @defaultValue none
   */
  readonly credentials?:
    { readonly tokenFile: string } | { readonly username: string; readonly passwordFile: string } | undefined;
}

/** The content of a configuration of Prometheus that scrapes the target and has its rules in `rules.yml`. */
export function scrapeConfig({ url, job = 'nestjs', credentials }: ScrapeTarget): {
  readonly [key: string]: YamlValue;
} {
  const { protocol, host, pathname, searchParams } = new URL(url);
  const params = Object.fromEntries(
    [...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]),
  );
  return {
    rule_files: ['rules.yml'],
    scrape_configs: [
      {
        job_name: job,
        scheme: protocol.replace(':', ''),
        metrics_path: pathname,
        ...(searchParams.size > 0 && { params }),
        scrape_interval: '15s',
        ...authorization(credentials),
        static_configs: [{ targets: [host] }],
      },
    ],
  };
}

function authorization(credentials: ScrapeTarget['credentials']): { readonly [key: string]: YamlValue } {
  if (credentials === undefined) return {};
  return 'tokenFile' in credentials
    ? { authorization: { credentials_file: credentials.tokenFile } }
    : { basic_auth: { username: credentials.username, password_file: credentials.passwordFile } };
}
